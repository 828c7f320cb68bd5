"""What Redis lost, or handed to nobody, is handed out again; what is on its way is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.dispatch import messages
from queueapp.dispatch.inbox import Inbox
from queueapp.dispatch.relay import Relay
from queueapp.ledger import claims, workers
from queueapp.priorities import LANES
from queueapp.services.enqueue import NewTask, create_task

Conn = psycopg.Connection[Any]


@pytest.fixture
def conn(runtime: Runtime) -> Iterator[Conn]:
    with db.connect(runtime.settings.database_url or "") as connection:
        yield connection


def dispatched(runtime: Runtime, conn: Conn, count: int = 3) -> list[int]:
    """Items handed to Redis a minute ago."""
    create_task(runtime, NewTask("noop", [{}] * count))
    rows = conn.execute(
        "UPDATE queue_items SET dispatched_at = now() - interval '1 minute' WHERE stage = 3 RETURNING id"
    )
    ids = [row[0] for row in rows.fetchall()]
    assert len(ids) == count
    return ids


def ready(conn: Conn) -> int:
    row = conn.execute("SELECT count(*) FROM queue_items WHERE stage = 2").fetchone()
    assert row
    return int(row[0])


def test_what_redis_does_not_hold_is_handed_out_again_at_once(runtime: Runtime, conn: Conn) -> None:
    dispatched(runtime, conn)
    runtime.redis.flushall()
    Relay(runtime.redis).repair(conn)
    assert ready(conn) == 3


def test_what_waits_in_redis_is_left_alone_however_old(runtime: Runtime, conn: Conn) -> None:
    dispatched(runtime, conn)
    relay = Relay(runtime.redis)
    for _ in range(3):
        relay.repair(conn)
    assert ready(conn) == 0
    assert not relay.in_doubt


def test_what_was_fetched_in_vain_is_handed_out_again(runtime: Runtime, conn: Conn) -> None:
    """The answer to a fetch was lost on its way: Redis takes the messages for fetched, and nobody has them."""
    dispatched(runtime, conn)
    fetched = Inbox(runtime.redis, "a process", LANES).fetch(64)
    relay = Relay(runtime.redis)
    relay.repair(conn)
    assert relay.in_doubt
    assert ready(conn) == 0, "it may be about to be claimed"
    relay.repair(conn)
    assert ready(conn) == 3
    assert not relay.in_doubt
    lane = fetched[0].lane
    assert runtime.redis.hlen(messages.bodies_key(lane)) == 0
    assert runtime.redis.scard(messages.acks_key("a process", lane)) == 0


def test_what_is_claimed_after_it_was_fetched_is_left_alone(runtime: Runtime, conn: Conn) -> None:
    ids = dispatched(runtime, conn)
    Inbox(runtime.redis, "a process", LANES).fetch(64)
    relay = Relay(runtime.redis)
    relay.repair(conn)
    worker = workers.register(conn, broker_id="a process", host="h", pid=1, lanes=LANES, threads=1)
    assert len(claims.claim_items(conn, worker, ids)) == 3
    relay.repair(conn)
    assert ready(conn) == 0
