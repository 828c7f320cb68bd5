"""The measures of the engine; each returns its rows: what was measured, the figure, and the goal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.engine.fleet import Fleet
from benchmarks.statistics import percentile, spread
from queueapp.priorities import Priority
from queueapp.services import cancel, enqueue, pause

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    measure: str
    figure: str
    goal: str = "–"


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    runs: int = 5
    cancels: int = 40
    criticals: int = 100
    backlog: int = 1_000_000
    bulk: int = 100_000
    costs: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)

    def quick(self) -> Sizes:
        """The same in a minute; its figures mean little."""
        return Sizes(runs=1, cancels=3, criticals=5, backlog=20_000, bulk=2_000, costs=(1_000, 5_000))


def parents(fleet: Fleet, sizes: Sizes) -> Iterator[Figure]:
    """A parent with its children, from the call to the record of its end."""
    for children, goal in ((1_000, "≤ 0.2 s"), (sizes.bulk, "–")):
        taken = [
            _timed(lambda n=children: fleet.finish(fleet.create("noop", [{}] * n))) for _ in range(sizes.runs)
        ]
        yield Figure(f"a parent with {children:,} children, created to done, s", _seconds(taken), goal)


def costs(fleet: Fleet, sizes: Sizes) -> Iterator[Figure]:
    """Cost per item as the task grows, without the time of storing them."""
    for count in sizes.costs:
        task_id = _large_task(fleet, "noop", count)
        taken = _timed(lambda one=task_id: fleet.finish(one))
        yield Figure(f"{count:,} no-op items in one task, µs an item", f"{taken / count * 1e6:.0f}", "flat")


def cancels(fleet: Fleet, sizes: Sizes) -> Iterator[Figure]:
    """From the request until the last running item has stopped and is recorded."""
    for what, operation in (
        ("running Python", "benchmark_python"),
        ("a running program", "benchmark_program"),
        ("stuck in C", "benchmark_stuck"),
    ):
        taken = [_cancel_one(fleet, operation) for _ in range(sizes.cancels)]
        yield Figure(f"cancel of {what}, request to stopped, p50 / p99 ms", _milliseconds(taken), "100 / 500")


def lanes(fleet: Fleet, sizes: Sizes) -> Iterator[Figure]:
    """A critical item while a low task saturates every ordinary thread."""
    low = fleet.create("benchmark_busy", [{"seconds": 0.05}] * sizes.bulk, priority=Priority.LOW)
    fleet.wait_until_running(low, 8)
    taken = []
    for _ in range(sizes.criticals):
        task_id = fleet.create("noop", [{}], priority=Priority.CRITICAL)
        fleet.finish(task_id)
        query = "SELECT extract(epoch FROM started_at - created_at) FROM queue_items WHERE task_id = %s"
        taken.append(float(fleet.value(query, task_id)))
    yield Figure("critical item under a saturating low task, stored to start, p50 / p99 ms", _milliseconds(taken),
                 "100 / 500")  # fmt: skip
    cancel.cancel_task(fleet.runtime, low, "benchmark")
    fleet.finish(low)


def backlog(fleet: Fleet, sizes: Sizes) -> Iterator[Figure]:
    """A backlog: what it costs in memory, and how fast it is canceled."""
    redis_before, worker_before = fleet.redis_bytes(), fleet.worker_bytes()
    task_id = _large_task(fleet, "benchmark_busy", sizes.backlog)
    fleet.wait_until_running(task_id, 8)
    grown = fleet.redis_bytes() - redis_before
    yield Figure(f"Redis, more with {sizes.backlog:,} items queued, MB", f"{grown / MEGABYTE:.1f}", "< 20")
    grown = fleet.worker_bytes() - worker_before
    yield Figure(
        f"largest worker, more with {sizes.backlog:,} items queued, MB", f"{grown / MEGABYTE:.1f}", "flat"
    )
    taken = _timed(lambda: cancel.cancel_task(fleet.runtime, task_id, "benchmark"))
    yield Figure(f"cancel of {sizes.backlog:,} queued items, the call, ms", f"{taken * 1000:.0f}", "< 100")
    yield Figure(
        "… until its running items had stopped, ms", f"{_timed(lambda: fleet.finish(task_id)) * 1000:.0f}"
    )


#: In the order in which they run: what leaves a large table behind comes last.
ALL: tuple[Callable[[Fleet, Sizes], Iterator[Figure]], ...] = (parents, cancels, lanes, costs, backlog)


def _cancel_one(fleet: Fleet, operation: str) -> float:
    task_id = fleet.create(operation, [{}])
    fleet.wait_until_running(task_id, 1)
    # It has begun to be told of; let it get into its work too.
    time.sleep(0.05)

    def stop() -> None:
        cancel.cancel_task(fleet.runtime, task_id, "benchmark")
        fleet.finish(task_id, 30)

    return _timed(stop)


def _large_task(fleet: Fleet, operation: str, count: int) -> int:
    """A task of more items than one request takes: open, filled, closed, and started only then."""
    task_id = fleet.create(operation, [], open=True)
    pause.pause_task(fleet.runtime, task_id, "benchmark")
    payload = {"seconds": 0.05} if operation == "benchmark_busy" else {}
    for start in range(0, count, 50_000):
        enqueue.add_items(fleet.runtime, task_id, [payload] * min(50_000, count - start))
    enqueue.close_task(fleet.runtime, task_id)
    pause.resume_task(fleet.runtime, task_id, "benchmark")
    return task_id


def _timed(act: Callable[[], object]) -> float:
    before = time.monotonic()
    act()
    return time.monotonic() - before


def _seconds(taken: list[float]) -> str:
    found = spread(taken)
    return f"{found.median:.2f} ({found.lowest:.2f} to {found.highest:.2f})"


def _milliseconds(taken: list[float]) -> str:
    return f"{percentile(taken, 50) * 1000:.0f} / {percentile(taken, 99) * 1000:.0f} (n={len(taken)})"
