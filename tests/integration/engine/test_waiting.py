"""Every item that is queued says in one line why it does not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import outages, reads, workers
from queueapp.ledger.views import ItemView
from queueapp.services import control, pause
from queueapp.services.enqueue import NewItem, NewTask, create_task


@contextmanager
def connected(runtime: Runtime) -> Iterator[psycopg.Connection[Any]]:
    with db.connect(runtime.settings.database_url or "") as conn:
        yield conn


def make(runtime: Runtime, count: int = 1, **given: Any) -> int:
    task = NewTask(**({"type": "noop", "items": [{} for _ in range(count)]} | given))
    return create_task(runtime, task).task_id


def items(runtime: Runtime, task_id: int) -> list[ItemView]:
    with runtime.transaction() as session:
        return reads.list_items(session, task_id)[0]


def reasons(runtime: Runtime, task_id: int) -> list[str | None]:
    return [item.waiting_for for item in items(runtime, task_id)]


def of_task(runtime: Runtime, task_id: int) -> str | None:
    with runtime.transaction() as session:
        return reads.get_task(session, task_id).waiting_for


def change(runtime: Runtime, statement: str, *values: Any) -> None:
    with connected(runtime) as conn:
        conn.execute(statement.encode(), values)


@pytest.fixture
def worker(runtime: Runtime) -> int:
    with connected(runtime) as conn:
        lanes = ["critical", "high", "normal", "low"]
        return workers.register(conn, broker_id="b", host="attic", pid=7, lanes=lanes, threads=2)


def test_without_a_worker_that_is_the_reason(runtime: Runtime) -> None:
    task_id = make(runtime)
    assert reasons(runtime, task_id) == ["no worker alive"]
    assert of_task(runtime, task_id) == "no worker alive"


def test_a_lane_that_no_worker_serves_is_named(runtime: Runtime) -> None:
    with connected(runtime) as conn:
        workers.register(conn, broker_id="b", host="attic", pid=7, lanes=["critical", "high"], threads=2)
    task_id = make(runtime, priority=8)
    assert reasons(runtime, task_id) == ["no worker alive that serves lane low"]


def test_a_worker_that_drains_or_is_silent_is_none(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime)
    change(runtime, "UPDATE queue_workers SET heartbeat_at = now() - interval '1 minute'")
    assert reasons(runtime, task_id) == ["no worker alive"]
    change(runtime, "UPDATE queue_workers SET heartbeat_at = now(), state = 'draining'")
    assert reasons(runtime, task_id) == ["no worker alive"]


def test_a_pause_says_who_made_it_and_of_what(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, 2)
    pause.pause_task(runtime, task_id, "maria")
    assert reasons(runtime, task_id) == ["paused by maria"] * 2
    assert of_task(runtime, task_id) == "paused by maria"
    pause.resume_task(runtime, task_id, "maria")
    control.pause(runtime, "noop", "jo")
    assert reasons(runtime, task_id) == ["paused: operation noop is paused by jo"] * 2
    assert {item.display_status for item in items(runtime, task_id)} == {"paused"}
    control.resume(runtime, "noop")
    control.pause(runtime, None, "ann")
    assert reasons(runtime, task_id) == ["paused: everything is paused by ann"] * 2


def test_an_item_in_order_names_the_one_before_it(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, 3, max_parallel=1)
    first, second, third = items(runtime, task_id)
    assert first.waiting_for is not None
    assert second.waiting_for == f"waits for item {first.id}"
    assert third.waiting_for == f"waits for item {second.id}"


def test_an_item_beyond_the_parallel_ones_says_so(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, 3, max_parallel=2)
    assert reasons(runtime, task_id)[2] == "max_parallel reached: at most 2 items of this task at once"


def test_a_barrier_counts_those_it_waits_for(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, items=[{}, {}, NewItem(type="noop", payload={}, barrier=True)])
    assert reasons(runtime, task_id)[2] == "waits for all 2 other items of the task"


def test_a_task_names_the_tasks_it_depends_on(runtime: Runtime, worker: int) -> None:
    first, second = make(runtime), make(runtime)
    third = make(runtime, depends_on=[first, second])
    assert reasons(runtime, third) == [f"waits for task {first} and 1 more"]
    assert of_task(runtime, third) == f"waits for task {first} and 1 more"


def test_a_task_of_an_ordering_key_names_the_one_before(runtime: Runtime, worker: int) -> None:
    first = make(runtime, ordering_key="list 7")
    second = make(runtime, ordering_key="list 7")
    assert reasons(runtime, second) == [f"waits for task {first}"]


def test_a_start_ahead_and_a_retry_ahead_tell_their_time(runtime: Runtime, worker: int) -> None:
    at = datetime(2999, 1, 2, 14, 5, tzinfo=UTC)
    task_id = make(runtime, scheduled_for=at)
    assert reasons(runtime, task_id) == ["scheduled for 2999-01-02 14:05:00 UTC"]
    change(runtime, "UPDATE queue_items SET attempt = 1")
    assert reasons(runtime, task_id) == ["retry due at 2999-01-02 14:05:00 UTC"]
    assert of_task(runtime, task_id) == "retry due at 2999-01-02 14:05:00 UTC"


def test_a_circuit_and_a_rate_limit_are_named_with_the_time_of_the_next_try(
    runtime: Runtime, worker: int
) -> None:
    task_id = make(runtime, scheduled_for=datetime(2999, 1, 2, 14, 5, tzinfo=UTC))
    circuit = "tmdb circuit open since 2999-01-02 14:00:00 UTC: it answered 500"
    change(
        runtime,
        "UPDATE queue_items SET error = jsonb_build_object('type', 'CircuitOpen', 'message', %s::text)",
        circuit,
    )
    assert reasons(runtime, task_id) == [f"{circuit}; retry due at 2999-01-02 14:05:00 UTC"]
    limited = "tmdb is asked no faster than allowed"
    change(
        runtime,
        "UPDATE queue_items SET error = jsonb_build_object('type', 'RetryLater', 'message', %s::text)",
        limited,
    )
    assert reasons(runtime, task_id) == [f"{limited}; retry due at 2999-01-02 14:05:00 UTC"]


def test_a_path_in_use_names_the_item_that_has_it(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, 3)
    first, second, third = items(runtime, task_id)
    change(runtime, "UPDATE queue_items SET concurrency_key = 'noop:/films', stage = 2, dispatched_at = NULL")
    assert reasons(runtime, task_id)[1] == f"limit of noop on this path reached: item {first.id} comes first"
    change(runtime, "INSERT INTO queue_concurrency_locks (key, item_id) VALUES ('noop:/films', %s)", third.id)
    assert reasons(runtime, task_id)[1] == f"limit of noop on this path reached: item {third.id} has it"
    assert second.id


def test_the_limit_of_an_operation_is_named(
    runtime: Runtime, worker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = make(runtime, 2)
    change(runtime, 'UPDATE queue_items SET stage = 2, dispatched_at = NULL WHERE "index" = 1')
    first, _ = items(runtime, task_id)
    noop = runtime.registry.get("noop")
    monkeypatch.setitem(runtime.registry._operations, "noop", replace(noop, max_concurrency=1))
    assert reasons(runtime, task_id)[1] == f"limit of noop reached: at most 1 at once, item {first.id} is one"
    monkeypatch.setitem(runtime.registry._operations, "noop", replace(noop, rate_limit=4.0))
    assert reasons(runtime, task_id)[1] == "rate limit of noop: at most 4 a second"
    change(runtime, 'UPDATE queue_items SET worker_id = %s WHERE "index" = 0', worker)
    assert reasons(runtime, task_id)[0] == "rate limit of noop: waits for its turn on attic:7"


def test_a_full_lane_tells_how_many_are_ahead(runtime: Runtime, worker: int) -> None:
    first = make(runtime, 40, max_parallel=30)
    change(runtime, "UPDATE queue_items SET stage = 2, dispatched_at = NULL WHERE stage = 3")
    change(runtime, "UPDATE queue_tasks SET turn_at = turn_at - interval '1 hour'")
    second = make(runtime)
    change(
        runtime,
        "UPDATE queue_items SET stage = 2, dispatched_at = NULL WHERE stage = 3 AND task_id = %s",
        second,
    )
    assert reasons(runtime, first)[0] == "next in lane high: starts as soon as a thread is free"
    assert reasons(runtime, first)[7] == "lane full (7 ahead in high)"
    said = reasons(runtime, second)[0]
    assert said is not None
    assert said.startswith("lane full (")


def test_items_handed_out_before_are_ahead(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, 3)
    change(
        runtime,
        "UPDATE queue_items SET stage = 3, dispatched_at = now() + \"index\" * interval '1 second'",
    )
    assert reasons(runtime, task_id)[0] == "next in lane high: starts as soon as a thread is free"
    assert reasons(runtime, task_id)[2] == "lane full (2 ahead in high)"


def test_an_item_that_a_worker_has_taken_names_it(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime)
    change(runtime, "UPDATE queue_items SET stage = 3, dispatched_at = now(), worker_id = %s", worker)
    assert reasons(runtime, task_id) == ["about to start on attic:7"]
    change(runtime, "UPDATE queue_items SET crash_count = 1")
    assert reasons(runtime, task_id) == ["waits to run alone on attic:7: a worker died while it ran"]


def test_redis_away_is_said_with_its_time_and_forgotten_when_it_is_back(
    runtime: Runtime, worker: int
) -> None:
    task_id = make(runtime)
    with connected(runtime) as conn:
        before = datetime.now(UTC)
        outages.note_redis_away(conn)
        outages.note_redis_away(conn)
        since = outages.redis_away_since(conn)
    assert since is not None
    assert before - timedelta(seconds=5) < since < datetime.now(UTC) + timedelta(seconds=5)
    assert reasons(runtime, task_id) == [f"Redis unreachable since {since:%Y-%m-%d %H:%M:%S} UTC"]
    with connected(runtime) as conn:
        outages.note_redis_back(conn)
    assert "Redis" not in (reasons(runtime, task_id)[0] or "")


def test_an_open_task_without_items_left_waits_to_be_closed(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime, open=True)
    change(runtime, "UPDATE queue_items SET status = 'completed', stage = 4, finished_at = now()")
    assert of_task(runtime, task_id) == "waits for further items, until it is closed"


def test_what_is_over_or_runs_waits_for_nothing(runtime: Runtime, worker: int) -> None:
    task_id = make(runtime)
    change(
        runtime,
        "UPDATE queue_items SET status = 'running', stage = 3, started_at = now(), dispatched_at = now(),"
        " worker_id = %s",
        worker,
    )
    change(runtime, "UPDATE queue_tasks SET status = 'running', started_at = now(), running_items = 1")
    assert reasons(runtime, task_id) == [None]
    assert of_task(runtime, task_id) is None
