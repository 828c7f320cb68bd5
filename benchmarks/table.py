"""Turns samples into the rows that are printed and published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measures import Samples
from benchmarks.plan import Plan
from benchmarks.statistics import percentile, spread
from benchmarks.systems.base import PickUp


@dataclass(frozen=True)
class Row:
    """One measure, and one cell for each system in the table's order."""

    measure: str
    cells: tuple[str, ...]


def rows(plan: Plan, measured: Mapping[str, Samples]) -> list[Row]:
    """The table of a finished run; the keys of `measured` are its columns."""
    of = list(measured.values())
    idle, paused = [one.idle_pick_ups for one in of], [one.paused_pick_ups for one in of]
    return [
        Row(
            f"{plan.items:,} no-op items in one task, items/s (median; range)",
            tuple(_figure(one.items_per_second) for one in of),
        ),
        Row("… as a multiple of the first column", tuple(_multiple(of[0], one) for one in of)),
        Row(
            f"{plan.naps:,} items of 5 ms, 16 at once, items/s",
            tuple(_figure(one.naps_per_second) for one in of),
        ),
        Row("idle pick-up, stored to start, p50 / p99 ms", tuple(_stored(one, 99) for one in idle)),
        Row("idle pick-up, call to start, p50 / p99 ms", tuple(_called(one, 99) for one in idle)),
        Row(
            f"pick-up after a pause of {plan.pause_seconds:g} s, stored to start, p50 / worst ms",
            tuple(_stored(one, 100) for one in paused),
        ),
        Row("items stored by one call, or one by one where there is none", tuple(map(_bulk, of))),
        Row("tasks of one item, one by one, tasks/s", tuple(_figure(one.singles_per_second) for one in of)),
    ]


def _figure(samples: Sequence[float]) -> str:
    found = spread(samples)
    return f"{found.median:,.0f} ({found.lowest:,.0f} to {found.highest:,.0f})"


def _multiple(base: Samples, one: Samples) -> str:
    return f"{spread(one.items_per_second).median / spread(base.items_per_second).median:.2f}"


def _stored(taken: Sequence[PickUp], high: float) -> str:
    return _milliseconds([one.after_stored for one in taken], high)


def _called(taken: Sequence[PickUp], high: float) -> str:
    return _milliseconds([one.after_call for one in taken], high)


def _milliseconds(seconds: Sequence[float], high: float) -> str:
    return f"{percentile(seconds, 50) * 1000:.1f} / {percentile(seconds, high) * 1000:.1f} (n={len(seconds)})"


def _bulk(one: Samples) -> str:
    seconds = spread(one.bulk_seconds).median
    return f"{one.bulk_items:,} in {seconds:.2f} s = {one.bulk_items / seconds:,.0f}/s"
