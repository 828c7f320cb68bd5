"""How items are put into messages."""

from __future__ import annotations

import pytest

from queueapp.dispatch import window
from queueapp.ledger.dispatchable import Dispatched


def _items(count: int, name: str = "noop", task_id: int = 1) -> list[Dispatched]:
    return [Dispatched(task_id * 1000 + n, name, task_id, n) for n in range(count)]


@pytest.mark.parametrize(
    ("pace_ms", "size"), [(None, 1), (0.01, 50), (1.0, 20), (2.0, 10), (8.0, 2), (8.1, 1), (500.0, 1)]
)
def test_only_quick_items_travel_together(pace_ms: float | None, size: int) -> None:
    assert window.chunk_size(pace_ms) == size


@pytest.mark.parametrize(("pace_ms", "cost"), [(None, 4.0), (500.0, 4.0), (20.0, 1.0), (0.01, 0.02)])
def test_slow_operations_get_a_quarter_of_the_window(pace_ms: float | None, cost: float) -> None:
    assert window.cost(pace_ms) == cost


def test_a_few_quick_items_are_spread_over_several_threads() -> None:
    assert [len(ids) for _, ids in window.chunks(_items(16), {"noop": 0.01})] == [2] * 8


def test_a_message_holds_items_of_one_operation() -> None:
    mixed = [*_items(400), *_items(2, "slow", 2)]
    sizes = [(name, len(ids)) for name, ids in window.chunks(mixed, {"noop": 0.01, "slow": 900.0})]
    assert sizes == [("noop", 50)] * 8 + [("slow", 1)] * 2


def test_the_next_fill_starts_behind_what_was_chosen_of_the_oldest_task() -> None:
    chosen = [*_items(3, task_id=7), *_items(5, task_id=9), *_items(1, "slow", 8)]
    assert window.floors_behind(chosen) == {"noop": (7, 3), "slow": (8, 1)}
