"""The connection a thread keeps: roused ahead of its use, opened again when it was lost."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from queueapp import db
from queueapp.execution.connection import Kept
from tests.waiting import eventually


@pytest.fixture
def kept(database_url: str) -> Iterator[Kept]:
    """A connection that has been used once."""
    made = Kept(lambda durable: db.connect(database_url, durable=durable), durable=False)
    made.use().execute("SELECT 1")
    yield made
    made.drop()


def backend(kept: Kept) -> int:
    """Return the pid of the server's process that answers."""
    row = kept.use().execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def cut(database_url: str, pid: int) -> None:
    """End a process of the server."""
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        query = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        eventually(lambda: other.execute(query, (pid,)).fetchone() == (0,), what="an ended process")


@pytest.mark.parametrize("times", [1, 3])
def test_a_roused_connection_serves_as_before(kept: Kept, times: int) -> None:
    before = backend(kept)
    for _ in range(times):
        kept.rouse()
    assert backend(kept) == before
    assert backend(kept) == before


def test_rousing_opens_no_connection() -> None:
    def connect(durable: bool) -> psycopg.Connection[object]:
        raise AssertionError("a connection was opened")

    Kept(connect, durable=False).rouse()


@pytest.mark.parametrize("roused", ["before", "after"])
def test_a_connection_that_was_cut_is_opened_again(kept: Kept, database_url: str, roused: str) -> None:
    pid = backend(kept)
    if roused == "before":
        kept.rouse()
    cut(database_url, pid)
    if roused == "after":
        kept.rouse()
    with pytest.raises(psycopg.OperationalError):
        backend(kept)
    kept.drop()
    assert backend(kept) != pid
