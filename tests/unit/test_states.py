"""The one table of statuses and moves, and all that is made from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from queueapp import states
from queueapp.ledger.views import ItemView, TaskView
from queueapp.models.item import Item
from queueapp.models.task import Task

PICTURES = re.findall(
    r"```mermaid\nstateDiagram-v2\n(.*?)```",
    (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(),
    re.DOTALL,
)


@pytest.mark.parametrize(("place", "moves"), [(0, states.TASK_MOVES), (1, states.ITEM_MOVES)])
def test_the_picture_draws_the_moves_of_the_table(place: int, moves: dict[str, frozenset[str]]) -> None:
    drawn = set(re.findall(r"(\w+) --> (\w+)", PICTURES[place]))
    assert drawn == {(before.value, after.value) for before, afters in moves.items() for after in afters}


@pytest.mark.parametrize(("model", "statuses"), [(Task, states.TaskStatus), (Item, states.ItemStatus)])
def test_columns_admit_the_statuses_of_the_table(model: type, statuses: type) -> None:
    assert list(model.__table__.c.status.type.enums) == [one.value for one in statuses]


def test_every_status_has_its_moves_and_acts() -> None:
    assert set(states.TASK_MOVES) == set(states.TASK_ACTS) == set(states.TaskStatus)
    assert set(states.ITEM_MOVES) == set(states.ItemStatus)


def test_cancelled_is_understood() -> None:
    assert states.parse_task_status("cancelled") is states.TaskStatus.CANCELED
    with pytest.raises(ValueError, match="one of queued, running"):
        states.parse_task_status("done")


@pytest.mark.parametrize(("view", "statuses"), [(TaskView, states.TaskStatus), (ItemView, states.ItemStatus)])
def test_the_api_shows_the_statuses_of_the_table(
    view: type[BaseModel], statuses: type[states.TaskStatus]
) -> None:
    schema = view.model_json_schema(mode="serialization")
    assert schema["$defs"][statuses.__name__]["enum"] == [one.value for one in statuses]
