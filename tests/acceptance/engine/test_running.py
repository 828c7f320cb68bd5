"""Tasks run by a real worker process: outcomes, order, limits, follow-ups, retries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.ledger import reads
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, items, lines, running, starts, task
from tests.waiting import eventually
from tests.workers import WorkerHandle, run_worker


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerHandle]:
    with run_worker(runtime, actors=ACTORS) as handle:
        yield handle


def test_items_end_as_their_actor_says(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(
        runtime, [{"do": "complete", "name": "a"}, {"do": "skip"}, {"do": "permanent"}, {"do": "huge"}]
    )
    view = finished(runtime, task_id)
    assert (view.status, view.completed_items, view.skipped_items, view.failed_items) == ("failed", 1, 1, 2)
    with runtime.transaction() as session:
        first, _, third, fourth = [
            reads.get_item(session, task_id, one.id) for one in items(runtime, task_id)
        ]
    assert first.result == {"name": "a", "attempt": 1}
    assert third.error == {"type": "Permanent", "message": "never again", "traceback": None}
    assert "256 KiB" in (fourth.error_message or "")


def test_a_failed_attempt_is_retried_with_its_error_kept(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(runtime, [{"do": "fail_once"}, {"do": "fail", "name": "x"}])
    view = finished(runtime, task_id)
    good, bad = items(runtime, task_id)
    assert (good.status, good.attempt) == ("completed", 2)
    assert (bad.status, bad.attempt, bad.max_attempts) == ("failed", 3, 3)
    assert view.error == "RuntimeError: failed on purpose: x"


def test_a_payload_that_an_older_release_stored_with_other_types_still_runs(runtime: Runtime) -> None:
    task_id = create(runtime, [{"name": "a"}])
    with runtime.transaction() as session:
        older = sa.text("UPDATE queue_items SET payload = payload || :other ::jsonb WHERE task_id = :task")
        session.execute(older, {"other": '{"count": "5", "barrier": 1}', "task": task_id})
    with run_worker(runtime, actors=ACTORS):
        assert finished(runtime, task_id).status == "completed"


def test_an_item_that_a_running_one_adds_may_have_types_to_convert(
    runtime: Runtime, worker: WorkerHandle
) -> None:
    task_id = create(runtime, [{"do": "loose"}])
    view = finished(runtime, task_id)
    assert (view.status, view.completed_items) == ("completed", 2)


def test_a_wait_for_a_rate_limit_uses_no_attempt(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    task_id = create(runtime, [{"do": "retry_later", "trace": str(tmp_path / "trace"), "seconds": 0.3}])
    finished(runtime, task_id)
    (item,) = items(runtime, task_id)
    assert (item.status, item.attempt) == ("completed", 1)


def test_max_parallel_one_runs_in_index_order(runtime: Runtime, worker: WorkerHandle, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    payloads = [
        {"do": "fail_once" if n == 2 else "complete", "name": str(n), "trace": str(trace)} for n in range(8)
    ]
    finished(runtime, create(runtime, payloads, max_parallel=1))
    order = [words[1] for words in lines(trace) if words[0] == "start"]
    assert order == ["0", "1", "2", "2", "3", "4", "5", "6", "7"]


def test_max_parallel_is_never_exceeded_over_two_workers(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with run_worker(runtime, actors=ACTORS):
        payloads = [{"do": "wait", "seconds": 0.05, "name": str(n), "trace": str(trace)} for n in range(30)]
        finished(runtime, create(runtime, payloads, max_parallel=3))
    now = most = 0
    for words in sorted(lines(trace), key=lambda words: float(words[-1])):
        now += 1 if words[0] == "start" else -1
        most = max(most, now)
    assert most == 3


def test_items_of_one_key_run_one_at_a_time(runtime: Runtime, worker: WorkerHandle, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.1, "name": f"path{n % 2}", "trace": str(trace)} for n in range(8)]
    finished(runtime, create(runtime, payloads, "script_keyed"))
    inside: dict[str, int] = {"path0": 0, "path1": 0}
    for words in sorted(lines(trace), key=lambda words: float(words[-1])):
        inside[words[1]] += 1 if words[0] == "start" else -1
        assert inside[words[1]] in {0, 1}


def test_limits_of_operations_hold_over_two_workers(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    two, five = tmp_path / "two", tmp_path / "five"
    with run_worker(runtime, actors=ACTORS):
        limited = [{"do": "wait", "seconds": 0.05, "name": str(n), "trace": str(two)} for n in range(20)]
        rated = [{"do": "complete", "name": str(n), "trace": str(five)} for n in range(13)]
        first, second = create(runtime, limited, "script_limited"), create(runtime, rated, "script_rated")
        assert finished(runtime, first).completed_items == 20
        assert finished(runtime, second).completed_items == 13
        assert {one.attempt for one in items(runtime, second)} == {1}
    now = most = 0
    for words in sorted(lines(two), key=lambda words: float(words[-1])):
        now += 1 if words[0] == "start" else -1
        most = max(most, now)
    assert most == 2
    began = sorted(float(words[-1]) for words in lines(five) if words[0] == "start")
    assert all(later - earlier >= 1.0 for earlier, later in zip(began, began[5:], strict=False))


def test_follow_ups_join_the_task_and_a_barrier_runs_last(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    task_id = create(
        runtime, [{"do": "spawn", "count": 5, "barrier": True, "trace": str(trace), "name": "parent"}]
    )
    view = finished(runtime, task_id)
    assert (view.total_items, view.completed_items) == (7, 7)
    assert [words[1] for words in lines(trace) if words[0] == "start"][-1] == "last"
    assert starts(trace) == dict.fromkeys(["parent", "last", *(f"child {n}" for n in range(5))], 1)


def test_progress_and_log_lines_are_seen_while_it_runs(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(runtime, [{"do": "wait", "seconds": 20}])
    running(runtime, task_id)
    (item,) = eventually(lambda: found if (found := items(runtime, task_id))[0].progress == 0.5 else None)
    assert item.message == "half way"
    assert task(runtime, task_id).message == "half way"
    with runtime.transaction() as session:
        assert [line.message for line in reads.item_logs(session, item.id)] == ["waiting"]


def test_a_timeout_fails_the_attempt(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(runtime, [{"do": "spin", "seconds": 30}], "script_timed")
    assert finished(runtime, task_id).status == "failed"
    assert "timed out" in (items(runtime, task_id)[0].error_message or "")


def test_an_item_of_an_unknown_operation_waits_for_a_worker_that_knows_it(runtime: Runtime) -> None:
    task_id = create(runtime, [{"do": "complete"}])
    with run_worker(runtime, actors="actors"):
        noop = create(runtime, [{}], "noop")
        finished(runtime, noop)
        assert task(runtime, task_id).status == "queued"
    with run_worker(runtime, actors=ACTORS):
        assert finished(runtime, task_id).status == "completed"
