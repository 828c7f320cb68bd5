"""One act on many tasks; no worker runs here."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from queueapp import errors
from queueapp.models.audit import AuditEntry
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services import api_keys, bulk, cancel
from tests.integration.finished_tasks import finished_task

BULK = "/api/queues/bulk"


def _create(client: FlaskClient, **body: Any) -> int:
    response = client.post("/api/queues/tasks", json={"type": "noop", "items": [{}]} | body)
    assert response.status_code == 201, response.text
    return int(response.get_json()["task_id"])


def _act(client: FlaskClient, action: str, **body: Any) -> dict[str, Any]:
    response = client.post(BULK, json={"action": action} | body)
    assert response.status_code == 202, response.text
    end = dict(response.get_json())
    assert end["next_cursor"] or end["matched"] == end["done"] + len(end["refused"]) + len(end["remaining"])
    return end


def _statuses(client: FlaskClient) -> dict[int, str]:
    return {task["id"]: task["status"] for task in client.get("/api/queues").get_json()["tasks"]}


def test_all_that_fit_a_filter_are_canceled_and_no_other(admin: FlaskClient) -> None:
    low = [_create(admin, priority="low") for _ in range(3)]
    high = _create(admin, priority="high")
    end = _act(admin, "cancel", filter={"priority": "low", "status": ["queued"]})
    assert (end["matched"], end["done"], end["refused"], end["remaining"]) == (3, 3, [], [])
    assert (end["undo_token"], end["next_cursor"], end["matched_is_estimate"]) == (None, None, False)
    assert _statuses(admin) == dict.fromkeys(low, "canceled") | {high: "queued"}


def test_what_refuses_is_named_with_its_reason_and_the_rest_is_done(
    admin: FlaskClient, runtime: Runtime
) -> None:
    with runtime.transaction() as session:
        finished = finished_task(session, 1)
    active = _create(admin)
    end = _act(admin, "delete", ids=[active, finished, 10**9, finished])
    assert (end["matched"], end["done"], end["remaining"]) == (3, 1, [])
    assert [one["task_id"] for one in end["refused"]] == [active, 10**9]
    assert end["refused"][0]["reason"] == f"task {active} is queued: cancel it first"
    assert _statuses(admin) == {active: "queued"}


def test_canceled_tasks_are_retried_and_get_another_priority(admin: FlaskClient) -> None:
    ids = [_create(admin) for _ in range(2)]
    _act(admin, "cancel", ids=ids)
    refused = _act(admin, "priority", ids=ids, priority="low")
    assert (refused["done"], len(refused["refused"])) == (0, 2)
    assert _act(admin, "retry", filter={"status": "canceled"})["done"] == 2
    assert _act(admin, "priority", filter={}, priority="low")["done"] == 2
    assert {task["priority"] for task in admin.get("/api/queues").get_json()["tasks"]} == {8}


def test_what_there_was_no_time_for_is_said(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [_create(admin) for _ in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "act_on", partial(bulk.act_on, within_seconds=-1.0))
        end = _act(admin, "cancel", ids=ids)
    assert (end["matched"], end["done"], end["remaining"]) == (3, 1, ids[1:])
    assert list(_statuses(admin).values()) == ["queued", "queued", "canceled"]
    assert _act(admin, "cancel", ids=end["remaining"])["done"] == 2


def test_a_database_that_goes_away_midway_hides_nothing(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [_create(admin) for _ in range(3)]
    act, gone = cancel.cancel_task, ids[1:]

    def until_gone(runtime: Runtime, task_id: int, by: str) -> None:
        if task_id in gone:
            raise errors.DatabaseUnavailable("away")
        act(runtime, task_id, by)

    monkeypatch.setattr(cancel, "cancel_task", until_gone)
    end = _act(admin, "cancel", ids=ids)
    assert (end["done"], end["remaining"]) == (1, gone)
    assert admin.post(BULK, json={"action": "cancel", "ids": gone}).status_code == 503


def test_an_act_on_more_than_ten_thousand_goes_on_behind_a_cursor(
    admin: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.transaction() as session:
        rows = [{"type": "noop", "title": "many", "priority": 5}] * (bulk.MAX_TASKS + 3)
        session.execute(sa.insert(Task), rows)
    acted: list[int] = []
    monkeypatch.setattr(cancel, "cancel_task", lambda runtime, task_id, by: acted.append(task_id))
    chosen = {"type": "noop", "priority": 5}
    first = _act(admin, "cancel", filter=chosen)
    assert first["matched"] >= bulk.MAX_TASKS
    assert (first["done"], first["remaining"]) == (bulk.MAX_TASKS, [])
    late = _create(admin)
    second = _act(admin, "cancel", filter=chosen, cursor=first["next_cursor"])
    assert (second["matched"], second["done"], second["next_cursor"]) == (3, 3, None)
    assert len(set(acted)) == len(acted) == bulk.MAX_TASKS + 3
    assert late not in acted
    too_many = admin.post(BULK, json={"action": "cancel", "ids": list(range(1, bulk.MAX_TASKS + 2))})
    assert too_many.status_code == 422
    assert "10000" in too_many.text


def test_time_that_ends_among_very_many_leads_on_from_there(
    admin: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_TASKS", 3)
    ids = [_create(admin) for _ in range(5)]
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "act_on", partial(bulk.act_on, within_seconds=-1.0))
        end = _act(admin, "cancel", filter={"status": "queued"})
    assert (end["matched"], end["done"], end["remaining"]) == (5, 1, [])
    end = _act(admin, "cancel", filter={"status": "queued"}, cursor=end["next_cursor"])
    assert (end["done"], bool(end["next_cursor"])) == (3, True)
    assert _act(admin, "cancel", filter={"status": "queued"}, cursor=end["next_cursor"])["done"] == 1
    assert set(_statuses(admin).values()) == {"canceled"}
    assert len(ids) == 5


def test_one_token_takes_back_an_act_of_many_requests(admin: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        ids = [finished_task(session, 1) for _ in range(4)]
    token = _act(admin, "delete", ids=ids[:2])["undo_token"]
    assert _act(admin, "delete", ids=ids[2:], undo_token=token)["undo_token"] == token
    assert _statuses(admin) == {}
    assert sorted(admin.post(f"/api/undo/{token}").get_json()["task_ids"]) == ids
    assert admin.post(BULK, json={"action": "delete", "ids": ids, "undo_token": token}).status_code == 410
    assert len(_statuses(admin)) == 4


def test_a_token_of_another_act_or_caller_is_not_joined(
    admin: FlaskClient, app: Flask, runtime: Runtime
) -> None:
    with runtime.transaction() as session:
        first, second = (finished_task(session, 1) for _ in range(2))
        other_key = api_keys.create_key(session, "somebody else", "admin")[1]
    token = _act(admin, "delete", ids=[first])["undo_token"]
    active = _create(admin)
    body = {"action": "priority", "priority": "low", "ids": [active], "undo_token": token}
    assert admin.post(BULK, json=body).status_code == 404
    body = {"action": "delete", "ids": [second], "undo_token": token}
    assert app.test_client().post(BULK, json=body, headers={"X-Api-Key": other_key}).status_code == 404
    assert admin.post(BULK, json=body | {"undo_token": "never-was"}).status_code == 404
    assert second in _statuses(admin)


@pytest.mark.parametrize("status", ["canceled", "cancelled", "failed, cancelled", ["cancelled", "failed"]])
def test_a_filter_takes_one_status_or_several_and_either_spelling(admin: FlaskClient, status: Any) -> None:
    canceled, queued = _create(admin), _create(admin)
    _act(admin, "cancel", ids=[canceled])
    assert _act(admin, "retry", filter={"status": status, "type": "noop"})["matched"] == 1
    assert _statuses(admin) == {canceled: "queued", queued: "queued"}


def test_an_unknown_status_is_named_with_those_there_are(admin: FlaskClient) -> None:
    refused = admin.post(BULK, json={"action": "cancel", "filter": {"status": ["queued", "nope"]}})
    (problem,) = refused.get_json()["errors"]
    assert problem["loc"] == ["filter", "status"]
    assert "unknown status 'nope'; one of queued, running, completed, failed, canceled" in problem["msg"]


@pytest.mark.parametrize(
    "body",
    [
        {"action": "cancel"},
        {"action": "cancel", "ids": []},
        {"action": "cancel", "ids": [1], "filter": {}},
        {"action": "cancel", "ids": [1], "priority": 3},
        {"action": "priority", "ids": [1]},
        {"action": "explode", "ids": [1]},
        {"action": "cancel", "filter": {"status": "nope"}},
        {"action": "cancel", "filter": {"status": ["queued", "nope"]}},
        {"action": "cancel", "filter": {"status": "queued,"}},
        {"action": "cancel", "filter": {"status": ["queued,running"]}},
        {"action": "cancel", "filter": {"status": [5]}},
        {"action": "cancel", "filter": {"type": [5]}},
        {"action": "cancel", "filter": {"limit": 3}},
        {"action": "cancel", "filter": {}, "cursor": "x"},
        {"action": "cancel", "ids": [1], "cursor": "WyJjcmVhdGVkX2F0Il0"},
        {"action": "cancel", "ids": [1], "undo_token": "abc"},
    ],
)
def test_what_does_not_fit_is_422_and_changes_nothing(admin: FlaskClient, body: dict[str, Any]) -> None:
    task_id = _create(admin)
    assert admin.post(BULK, json=body).status_code == 422
    assert _statuses(admin) == {task_id: "queued"}


def test_it_is_in_the_audit_log(admin: FlaskClient, runtime: Runtime) -> None:
    _act(admin, "cancel", ids=[_create(admin)])
    with runtime.transaction() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.detail == {"action": "cancel", "matched": 1, "done": 1, "status": 202}
