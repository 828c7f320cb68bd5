"""What must not be in Redis, what is there twice, and what a worker of an older release does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.dispatch import messages
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, starts, task
from tests.faults.audit import Audit
from tests.waiting import eventually
from tests.workers import run_worker

LANE = "high"


def _message(**parts: object) -> bytes:
    whole = {
        "queue_name": LANE, "actor_name": "script", "args": [[1]], "kwargs": {}, "options": {}, "message_id": "m",
        "message_timestamp": 1,
    }  # fmt: skip
    return json.dumps({name: value for name, value in (whole | parts).items() if value is not None}).encode()


#: What no sender of ours writes, by its name.
GARBAGE = {
    "no JSON": b"garbage",
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"7",
    "an empty object": b"{}",
    "no options": b'{"queue_name":"high","actor_name":"x","args":["a"],"kwargs":{}}',
    "no ids": _message(args=[]),
    "ids that are words": _message(args=[["a"]]),
    "ids that are too large": _message(args=[[10**30]]),
    "ids that are negative": _message(args=[[-1]]),
    "ids of no item": _message(args=[[987_654_321]]),
    "ids that are one number": _message(args=[5]),
    "ids that are null": _message(args=[None]),
    "ids without an end": _message(args=[[float("inf")]]),
    "ids that are no numbers": _message(args=[[float("nan"), True, 1.5]]),
    "too deep a nest": b"[" * 100_000,
    "keyword arguments": _message(kwargs={"x": 1}),
    "an unknown actor": _message(actor_name="nobody"),
    "an actor that is no word": _message(actor_name=7),
    "another queue": _message(queue_name="elsewhere"),
    "options that are no object": _message(options=3),
    "ten thousand ids": _message(args=[list(range(10**9, 10**9 + 10_000))]),
}


def _push(runtime: Runtime, redis_id: str, body: bytes) -> None:
    runtime.redis.hset(messages.bodies_key(LANE), redis_id, body)
    runtime.redis.lpush(messages.queue_key(LANE), redis_id)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_garbage_in_redis_holds_nothing_up(runtime: Runtime, audit: Audit, when: str) -> None:
    task_id = create(runtime, [{"do": "complete"}] * 100)
    if when == "before":
        for name, body in GARBAGE.items():
            _push(runtime, name, body)
    with run_worker(runtime, actors=ACTORS) as worker:
        if when == "meanwhile":
            finished(runtime, task_id)
            for name, body in GARBAGE.items():
                _push(runtime, name, body)
        more = create(runtime, [{"do": "complete"}] * 100)
        audit.check(task_id, more)
        eventually(lambda: runtime.redis.hlen(messages.bodies_key(LANE)) == 0, what="the end of the garbage")
        assert worker.process.poll() is None
    assert task(runtime, task_id).completed_items == task(runtime, more).completed_items == 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"actor_name": "script_timed"},
        {"actor_name": "nobody"},
        {"actor_name": 7},
        {"queue_name": "elsewhere"},
        {"options": 3},
        {"kwargs": {"x": 1}},
    ],
)
def test_of_a_message_only_the_items_are_believed(
    runtime: Runtime, audit: Audit, wrong: dict[str, object]
) -> None:
    task_id = create(runtime, [{"do": "complete", "name": "n"}])
    runtime.redis.flushall()
    with runtime.engine.begin() as connection:
        item_id = connection.exec_driver_sql("SELECT id FROM queue_items").scalar()
    for copy in range(3):
        _push(runtime, f"wrong {copy}", _message(**wrong, args=[[item_id, item_id]]))
    with run_worker(runtime, actors=ACTORS):
        assert finished(runtime, task_id).completed_items == 1
        audit.check(task_id)
        eventually(lambda: runtime.redis.hlen(messages.bodies_key(LANE)) == 0, what="the end of the messages")


def test_a_message_delivered_twice_runs_once(runtime: Runtime, audit: Audit, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    task_id = create(runtime, [{"do": "complete", "name": f"n{n}", "trace": str(trace)} for n in range(20)])
    ids = runtime.redis.lrange(messages.queue_key(LANE), 0, -1)
    for number, redis_id in enumerate(ids):
        body = runtime.redis.hget(messages.bodies_key(LANE), redis_id)
        runtime.redis.hset(messages.bodies_key(LANE), f"again{number}", body)
        runtime.redis.rpush(messages.queue_key(LANE), f"again{number}")
    with run_worker(runtime, actors=ACTORS), run_worker(runtime, actors=ACTORS):
        finished(runtime, task_id)
        audit.check(task_id)
    assert set(starts(trace).values()) == {1}


def test_a_message_delivered_twice_to_slow_workers_runs_once_at_a_time(
    runtime: Runtime, audit: Audit, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with run_worker(runtime, actors=ACTORS), run_worker(runtime, actors=ACTORS):
        task_id = create(
            runtime, [{"do": "wait", "seconds": 1, "name": f"n{n}", "trace": str(trace)} for n in range(4)]
        )
        eventually(lambda: task(runtime, task_id).running_items == 4)
        with runtime.engine.begin() as connection:
            ids = [row[0] for row in connection.exec_driver_sql("SELECT id FROM queue_items")]
        for number in range(20):
            _push(runtime, f"again{number}", _message(args=[ids]))
        audit.check(task_id)
    assert set(starts(trace).values()) == {1}


def test_a_message_stays_in_redis_until_the_outcome_of_its_item_is_committed(
    runtime: Runtime, audit: Audit, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with run_worker(runtime, actors=ACTORS), runtime.engine.connect() as other:
        task_id = create(runtime, [{"do": "until", "name": str(tmp_path / "go"), "trace": str(trace)}])
        eventually(lambda: task(runtime, task_id).running_items == 1)
        other.exec_driver_sql(f"SELECT FROM queue_tasks WHERE id = {task_id} FOR UPDATE")
        (tmp_path / "go").touch()
        eventually(lambda: "end" in trace.read_text())
        eventually(lambda: _waits_for_a_lock(runtime), what="the writer waiting for the task's row")
        assert runtime.redis.hlen(messages.bodies_key(LANE)) == 1
        other.rollback()
        audit.check(task_id)
        eventually(lambda: runtime.redis.hlen(messages.bodies_key(LANE)) == 0)


def _waits_for_a_lock(runtime: Runtime) -> bool:
    with runtime.engine.begin() as connection:
        query = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return bool(connection.exec_driver_sql(query).all())


def test_an_operation_the_old_release_lacks_is_run_by_the_new_one(runtime: Runtime, audit: Audit) -> None:
    task_id = create(runtime, [{"do": "wait", "seconds": 0.02}] * 50)
    with run_worker(runtime, actors="actors") as old:
        known = create(runtime, [{}] * 20, "noop")
        finished(runtime, known)
        assert task(runtime, task_id).status == "queued"
        with run_worker(runtime, actors=ACTORS):
            more = create(runtime, [{"do": "complete"}] * 20)
            again = create(runtime, [{}] * 20, "noop")
            audit.check(task_id, known, more, again)
        assert old.process.poll() is None
    assert task(runtime, task_id).completed_items == 50
