"""Plain database connections for the one use case that is called most: creating a task."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from queueapp import db

#: A connection that has not been used for longer is tried before it is used.
TRUST_SECONDS = 1.0
#: Idle connections that are kept.
KEPT = 10


class DirectConnections:
    """Autocommit connections, kept for the next use; opened as they are needed."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._idle: deque[tuple[psycopg.Connection[Any], float]] = deque()
        self._kept = KEPT

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Give a connection; raises DatabaseUnavailable. One that failed is thrown away."""
        with db.translated():
            conn = self._take()
            try:
                yield conn
            except BaseException:
                self._put_back(conn, time.monotonic() if conn.info.transaction_status == 0 else None)
                raise
            self._put_back(conn, time.monotonic())

    def _take(self) -> psycopg.Connection[Any]:
        while self._idle:
            conn, used_at = self._idle.pop()
            if time.monotonic() - used_at < TRUST_SECONDS or _answers(conn):
                return conn
            conn.close()
        return db.connect(self._url)

    def _put_back(self, conn: psycopg.Connection[Any], used_at: float | None) -> None:
        if used_at is None or conn.closed or len(self._idle) >= self._kept:
            conn.close()
        else:
            self._idle.append((conn, used_at))

    def close(self) -> None:
        """Close the idle connections, and those in use as soon as they are put back."""
        self._kept = 0
        while self._idle:
            self._idle.pop()[0].close()


def _answers(conn: psycopg.Connection[Any]) -> bool:
    try:
        conn.execute("")
    except psycopg.Error:
        return False
    return True
