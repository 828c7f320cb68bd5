"""Connections of a pool: those used a moment ago are taken to live, the others are asked before they are given out.

SQLAlchemy's `pool_pre_ping` asks each time, which is a third of what a short transaction costs.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

#: Seconds after its last use for which a connection is not asked. A server whose data lie in memory restarts in 0.1.
TRUST_SECONDS = 0.03


def ask_after_a_rest(engine: sa.Engine) -> sa.Engine:
    """Have the engine's pool replace connections that do not answer after a rest; return the engine."""

    def note_use(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info["used_at"] = time.monotonic()

    def ask(connection: Any, entry: ConnectionPoolEntry, _: object) -> None:
        rested = time.monotonic() - entry.info.get("used_at", time.monotonic())
        if rested > TRUST_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise sa.exc.DisconnectionError(str(error)) from error

    sa.event.listen(engine, "checkin", note_use)
    sa.event.listen(engine, "checkout", ask)
    return engine
