"""The form of a new task sends text; the payload that is stored has the types of its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queueapp.bootstrap import Runtime
from queueapp.ledger import reads
from tests.integration.pages.reader import Reader


def _stored(runtime: Runtime, page: Reader) -> dict[str, Any]:
    task_id = int(page.path.rpartition("/")[2])
    with runtime.transaction() as session:
        ((item,), _) = reads.list_items(session, task_id)
        return dict(reads.get_item(session, task_id, item.id).payload)


@pytest.mark.parametrize("given", ["2", "2.0", " 2 "])
def test_a_number_is_stored_as_a_number(admin: Reader, runtime: Runtime, given: str) -> None:
    page = admin.open("/tasks/new?type=sleep").press("Enqueue", **{"payload.seconds": given})
    assert _stored(runtime, page) == {"seconds": 2.0}


def test_a_whole_number_left_empty_or_given_is_taken(admin: Reader, runtime: Runtime) -> None:
    given = {"payload.older_than_days": "30"}
    assert _stored(runtime, admin.open("/tasks/new?type=cleanup").press("Enqueue", **given)) == {
        "older_than_days": 30
    }
    left = admin.open("/tasks/new?type=cleanup").press("Enqueue", **{"payload.older_than_days": ""})
    assert _stored(runtime, left) == {"older_than_days": None}


def test_a_path_a_choice_and_a_box_are_taken(admin: Reader, runtime: Runtime, tmp_path: Path) -> None:
    given = {"payload.path": str(tmp_path), "payload.kind": "movies", "payload.accept_gone": "1"}
    stored = _stored(runtime, admin.open("/tasks/new?type=scan").press("Enqueue", **given))
    assert (stored["path"], stored["kind"], stored["accept_gone"]) == (str(tmp_path), "movies", True)


def test_what_is_no_number_is_said_beside_its_field(admin: Reader) -> None:
    page = admin.open("/tasks/new?type=sleep").press("Enqueue", **{"payload.seconds": "long"})
    assert page.status == 422
    assert "Input should be a valid number" in page.text()
