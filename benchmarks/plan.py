"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Sizes of one run of the benchmarks; every figure is the median of `runs` interleaved runs."""

    runs: int = 3
    #: no-op items in one task
    items: int = 10_000
    #: items of 5 ms in one task
    naps: int = 5_000
    #: pick-ups per run, a few hundredths of a second apart
    pick_ups: int = 100
    #: pick-ups per run after a pause
    paused_pick_ups: int = 5
    pause_seconds: float = 3.0
    #: items of one task stored by one call, and one by one where there is no such call
    bulk_items: int = 100_000
    bulk_items_singly: int = 10_000
    #: tasks of one item, stored one by one
    singles: int = 1_000

    def quick(self) -> Plan:
        """The same in a few seconds, to see that everything works; its figures mean little."""
        return Plan(
            runs=1,
            items=2_000,
            naps=500,
            pick_ups=10,
            paused_pick_ups=1,
            pause_seconds=1.0,
            bulk_items=5_000,
            bulk_items_singly=500,
            singles=100,
        )
