"""Ledger, Redis and workers are compared; nothing is changed by it. No worker runs here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from queueapp import db, errors
from queueapp.dispatch import messages
from queueapp.dispatch.relay import Relay
from queueapp.ledger import workers
from queueapp.runtime import Runtime
from queueapp.services import enqueue, reconcile
from queueapp.services.enqueue import NewTask


def _task(runtime: Runtime, count: int = 1) -> int:
    return enqueue.create_task(runtime, NewTask("noop", items=[{}] * count, created_by="test")).task_id


def _execute(runtime: Runtime, statement: str, **values: Any) -> None:
    with runtime.transaction() as session:
        session.execute(sa.text(statement), values)


def _dispatched_a_minute_ago(runtime: Runtime) -> None:
    _execute(runtime, "UPDATE queue_items SET dispatched_at = now() - interval '1 minute' WHERE stage = 3")


def _repair(runtime: Runtime) -> None:
    with db.connect(runtime.settings.database_url or "", durable=False) as conn:
        conn.execute("SET timezone = 'Asia/Tokyo'")
        Relay(runtime.redis).repair(conn)


def test_what_is_handed_out_agrees_with_redis(runtime: Runtime) -> None:
    _task(runtime, 3)
    _dispatched_a_minute_ago(runtime)
    seen = reconcile.reconcile(runtime)
    assert seen.agrees
    assert seen.last_repair is None


def test_items_that_redis_lost_are_named_until_the_relay_repairs_them(runtime: Runtime) -> None:
    task_id = _task(runtime, 3)
    runtime.redis.flushdb()
    assert reconcile.reconcile(runtime).agrees, "what was dispatched just now may be on its way"
    _dispatched_a_minute_ago(runtime)
    seen = reconcile.reconcile(runtime)
    assert not seen.agrees
    assert seen.items_without_message_count == 3
    assert {(one.task_id, one.operation) for one in seen.items_without_message} == {(task_id, "noop")}

    _repair(runtime)
    seen = reconcile.reconcile(runtime)
    assert seen.agrees
    assert seen.last_repair is not None
    assert (seen.last_repair.count, seen.last_repair.total) == (3, 3)
    assert seen.last_repair.reason == "redis did not hold them"
    assert seen.last_repair.at.tzinfo is UTC
    assert abs(datetime.now(UTC) - seen.last_repair.at) < timedelta(minutes=1)


def test_repairs_add_up_and_none_is_noted_where_nothing_was_lost(runtime: Runtime) -> None:
    for count in (2, 1):
        _task(runtime, count)
        runtime.redis.flushdb()
        _dispatched_a_minute_ago(runtime)
        _repair(runtime)
        _repair(runtime)
    last = reconcile.reconcile(runtime).last_repair
    assert last is not None
    assert (last.count, last.total) == (1, 3)


def test_a_message_whose_items_are_not_dispatched_is_named(runtime: Runtime) -> None:
    _task(runtime)
    stray, body = messages.encode("low", "noop", [10**9])
    runtime.redis.hset(messages.bodies_key("low"), stray, body)
    seen = reconcile.reconcile(runtime)
    assert seen.messages_without_item_count == 1
    (one,) = seen.messages_without_item
    assert (one.lane, one.message_id, one.item_ids) == ("low", stray, [10**9])


def test_a_worker_that_holds_items_and_does_not_beat_is_named(runtime: Runtime) -> None:
    _task(runtime, 2)
    with runtime.transaction() as session:
        conn = db.raw(session)
        silent = workers.register(conn, broker_id="a", host="here", pid=1, lanes=["normal"], threads=8)
        workers.register(conn, broker_id="b", host="here", pid=2, lanes=["normal"], threads=8)
    _execute(runtime, "UPDATE queue_items SET worker_id = :id WHERE stage = 3", id=silent)
    assert reconcile.reconcile(runtime).agrees
    _execute(runtime, "UPDATE queue_workers SET heartbeat_at = now() - interval '1 minute'")
    worker, idle = reconcile.reconcile(runtime).silent_workers
    assert (idle.pid, idle.items) == (2, 0)
    assert (worker.worker_id, worker.pid, worker.state, worker.items) == (silent, 1, "running", 2)


def test_redis_away_is_said(runtime: Runtime) -> None:
    runtime.redis.connection_pool.connection_kwargs["path"] = "/nowhere"
    runtime.redis.connection_pool.disconnect()
    with pytest.raises(errors.RedisUnavailable):
        reconcile.reconcile(runtime)
