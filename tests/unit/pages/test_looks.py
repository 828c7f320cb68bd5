from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from queueapp import states
from webui.pages import acts, groups, looks


def task(**given: Any) -> Any:
    usual = {"status": "running", "canceling": False, "paused": False, "warnings": [], "title": "A task"}
    counts = dict.fromkeys(("total", "completed", "failed", "skipped", "canceled"), 0)
    return SimpleNamespace(**usual | {f"{name}_items": value for name, value in counts.items()} | given)


def item(**given: Any) -> Any:
    usual = {"id": 1, "type": "analyze", "title": None, "subject": None, "error_message": None}
    return SimpleNamespace(
        **usual | {"display_status": "queued", "waiting_for": None, "message": None} | given
    )


@pytest.mark.parametrize("status", [*states.TaskStatus, *states.ItemStatus])
def test_every_status_has_a_word_and_an_icon_of_its_own(status: str) -> None:
    assert str(status) in looks.LOOKS


def test_a_bar_shows_done_failed_and_the_rest_side_by_side() -> None:
    bar = looks.bar(task(total_items=8, completed_items=4, failed_items=1, skipped_items=1))
    assert [(s.kind, s.x, s.width) for s in bar.segments] == [
        ("done", 0.0, 50.0),
        ("failed", 50.0, 12.5),
        ("other", 62.5, 12.5),
    ]
    assert bar.percent == 75
    assert bar.words == "6 of 8 finished, 1 failed"


def test_a_bar_is_full_only_when_all_is_over() -> None:
    assert looks.bar(task(total_items=1000, completed_items=999)).percent == 99
    assert looks.bar(task(total_items=3, completed_items=1, failed_items=1, canceled_items=1)).percent == 100


def test_an_empty_task_has_an_empty_bar() -> None:
    assert looks.bar(task()).percent == 0


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"status": "canceled", "canceling": True}, "canceling"),
        ({"status": "queued", "paused": True}, "paused"),
        ({"status": "completed", "paused": True}, "completed"),
        ({"status": "completed", "warnings": ["no key"]}, "warning"),
    ],
)
def test_the_word_for_a_task_is_finer_than_its_status(given: dict[str, Any], shown: str) -> None:
    assert looks.shown_status(task(**given)) == shown


def test_a_task_that_still_stops_offers_no_act() -> None:
    stopping = task(status="canceled", canceling=True)
    assert not any(acts.allows(stopping, act) for act in states.TaskAct)


def test_items_are_nested_by_title_with_failures_ahead() -> None:
    found = groups.by_subject(
        [
            item(id=1, subject="Ran", display_status="completed"),
            item(id=2, title="Scan", display_status="completed"),
            item(id=3, subject="Faust", display_status="failed", error_message="no space left"),
            item(id=4, subject="Ran", display_status="completed"),
        ]
    )
    assert [(group.name, [each.id for each in group.items]) for group in found] == [
        ("Faust", [3]),
        ("Ran", [1, 4]),
        ("Scan", [2]),
    ]
    assert found[0].error == "no space left"
