"""Two schedulers at once: each due time fires once, whatever happens to the one that leads."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.models.schedule import RunOutcome
from tests.acceptance.scheduler.scheduler_processes import (
    Scheduler,
    expire_lease,
    leader_pid,
    schedulers,
    wait_for_leader,
)
from tests.faults.recoveries import Recoveries
from tests.integration.schedule_rows import add_schedule, all_tasks, finish_all_tasks, runs_of, set_due
from tests.waiting import eventually

Start = Callable[[], Scheduler]


@pytest.fixture
def start(runtime: Runtime, tmp_path: Path) -> Iterator[Start]:
    with schedulers(runtime, tmp_path / "scheduler.log") as starter:
        yield starter


def has_run(runtime: Runtime, times: int, name: str = "tick") -> bool:
    return len(runs_of(runtime, name)) >= times


def test_two_schedulers_fire_each_due_time_once(runtime: Runtime, start: Start) -> None:
    names = [f"tick {number}" for number in range(5)]
    for name in names:
        add_schedule(runtime, name, due_in_seconds=3600)
    wait_for_leader(runtime, start(), start())
    for turn in range(1, 4):
        finish_all_tasks(runtime)
        for name in names:
            set_due(runtime, name, 0.5)
        for name in names:
            eventually(lambda name=name, turn=turn: has_run(runtime, turn, name))  # type: ignore[misc]
    runs = [run for name in names for run in runs_of(runtime, name)]
    assert [run.outcome for run in runs] == [RunOutcome.FIRED] * 15
    assert sorted(run.task_id or 0 for run in runs) == [task.id for task in all_tasks(runtime)]


def test_after_kill_9_of_the_leader_the_other_takes_over_within_20_seconds(
    runtime: Runtime, start: Start, recoveries: Recoveries
) -> None:
    add_schedule(runtime, due_in_seconds=3600)
    first, second = start(), start()
    leader = wait_for_leader(runtime, first, second)
    heir = second if leader is first else first
    leader.kill()
    at = time.monotonic()
    set_due(runtime, "tick", 0)
    eventually(lambda: has_run(runtime, 1), seconds=40)
    recoveries.took(
        "kill -9 of the leading scheduler, until the other fires", time.monotonic() - at, within=20
    )
    assert leader_pid(runtime) == heir.pid
    assert len(all_tasks(runtime)) == 1


def test_a_leader_that_was_stopped_and_goes_on_fires_nothing_twice(runtime: Runtime, start: Start) -> None:
    add_schedule(runtime, due_in_seconds=3600)
    first = start()
    wait_for_leader(runtime, first)
    second = start()
    first.send_signal(signal.SIGSTOP)
    set_due(runtime, "tick", 0)
    expire_lease(runtime)
    # Stopped within a transaction, the first holds a row until Postgres ends that.
    wait_for_leader(runtime, second)
    eventually(lambda: has_run(runtime, 1), seconds=20)
    first.send_signal(signal.SIGCONT)
    finish_all_tasks(runtime)
    set_due(runtime, "tick", 0)
    eventually(lambda: has_run(runtime, 2))
    assert leader_pid(runtime) == second.pid
    assert len(runs_of(runtime)) == len(all_tasks(runtime)) == 2
