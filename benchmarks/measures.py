"""The measurements, each on one system and one run."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.plan import Plan
from benchmarks.statistics import rate
from benchmarks.systems.base import PickUp, System

#: Pick-ups before anything is measured: every worker process has then served some.
WARM_UP = 40

#: Seconds for which a system may work on the staged items.
PATIENCE_SECONDS = 300.0


@dataclass
class Samples:
    """What was measured of one system in all runs, in the units that the names say."""

    items_per_second: list[float] = field(default_factory=list)
    naps_per_second: list[float] = field(default_factory=list)
    idle_pick_ups: list[PickUp] = field(default_factory=list)
    paused_pick_ups: list[PickUp] = field(default_factory=list)
    bulk_seconds: list[float] = field(default_factory=list)
    bulk_items: int = 0
    singles_per_second: list[float] = field(default_factory=list)


def measure_work(system: System, plan: Plan, samples: Samples) -> None:
    """Throughput and pick-up latency, on workers started for this run."""
    with system.workers():
        pick_ups(system, _short_gaps(WARM_UP))
        samples.items_per_second.append(throughput(system, plan.items))
        samples.naps_per_second.append(throughput(system, plan.naps, "nap"))
        samples.idle_pick_ups += pick_ups(system, _short_gaps(plan.pick_ups))
        samples.paused_pick_ups += pick_ups(system, [plan.pause_seconds] * plan.paused_pick_ups)


def measure_enqueue(system: System, plan: Plan, samples: Samples) -> None:
    """How fast work is taken in, with no worker running."""
    samples.bulk_items = plan.bulk_items if system.has_bulk else plan.bulk_items_singly
    samples.bulk_seconds.append(system.enqueue_many(samples.bulk_items))
    singles = list(system.enqueue_singly(plan.singles))
    samples.singles_per_second.append(rate(len(singles), sum(singles)))


def throughput(system: System, count: int, task: str = "noop") -> float:
    """Items per second, from the moment workers could see them until all are recorded as done."""
    system.stage(count, task)
    # Wakes consumers that have gone to sleep: how long that takes is measured by itself.
    pick_ups(system, _short_gaps(10))
    started_at = system.release()
    return rate(count, system.wait_until_done(PATIENCE_SECONDS) - started_at)


def pick_ups(system: System, gaps_seconds: Iterable[float]) -> list[PickUp]:
    """One item to idle workers after each gap."""
    taken = []
    for gap in gaps_seconds:
        time.sleep(gap)
        taken.append(system.pick_up())
    return taken


def _short_gaps(count: int) -> list[float]:
    # Uneven, so that no poll interval of a system falls into step with them.
    chance = random.Random(count)
    return [chance.uniform(0.02, 0.06) for _ in range(count)]
