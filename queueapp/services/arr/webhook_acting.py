"""Acts on webhooks in worker processes, as they come, so that those who answer at the door are left alone.

Any number of processes may do it: one acts at a time, and what a process that died had not committed is found by
the next. PostgreSQL wakes them with the commit that stores a webhook. Those that serve only urgent lanes, whose
threads are mostly idle, go first: in a process full of other work an act would wait for its turn at the interpreter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import psycopg
import sqlalchemy as sa
import structlog

from queueapp import db, errors
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from queueapp.services.arr import webhook_intake

log = structlog.get_logger(__name__)

#: Seconds between two looks when nothing is told.
LOOK_SECONDS = 1.0
#: Seconds between two looks after upgrades whose import never came.
SETTLE_SECONDS = 30.0
#: What the others leave to those that serve only urgent lanes, in seconds.
HEAD_START_SECONDS = 0.1
#: Longest a stop waits for the listener to notice, in seconds.
STOP_SECONDS = 0.25


def keep_acting(runtime: Runtime, lanes: Sequence[str], stopping: threading.Event) -> None:
    """Act on webhooks until told to stop; with the database away, go on when it is back."""
    head_start = 0.0 if len(lanes) < len(LANES) else HEAD_START_SECONDS
    trouble = ""
    while not stopping.is_set():
        try:
            with db.translated(), db.connect(runtime.settings.database_url or "") as conn:
                conn.execute(f"LISTEN {webhook_intake.CHANNEL}")
                trouble = ""
                _act_and_listen(runtime, conn, stopping, head_start)
        except (errors.QueueAppError, sa.exc.SQLAlchemyError, psycopg.Error) as error:
            if str(error) != trouble:
                log.warning("webhooks wait", reason=str(error).splitlines()[0])
            trouble = str(error)
            stopping.wait(LOOK_SECONDS)


def _act_and_listen(
    runtime: Runtime,
    conn: psycopg.Connection[tuple[object, ...]],
    stopping: threading.Event,
    head_start: float,
) -> None:
    settle_at = time.monotonic()
    while not stopping.is_set():
        while webhook_intake.are_waiting(conn) and webhook_intake.act_on_received(runtime):
            if stopping.is_set():
                return
        if time.monotonic() >= settle_at:
            settle_at = time.monotonic() + SETTLE_SECONDS
            webhook_intake.settle_waiting(runtime)
        _wait(conn, stopping)
        stopping.wait(head_start)


def _wait(conn: psycopg.Connection[tuple[object, ...]], stopping: threading.Event) -> None:
    """Wait until something is told, or for a while."""
    until = time.monotonic() + LOOK_SECONDS
    while not stopping.is_set() and time.monotonic() < until:
        if any(True for _ in conn.notifies(timeout=STOP_SECONDS, stop_after=1)):
            return
