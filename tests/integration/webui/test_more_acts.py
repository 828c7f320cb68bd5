"""Run this next, retries with another payload, draining a worker, filters of the audit log; no worker runs here."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.models.item import Item
from queueapp.models.worker import Worker, WorkerState
from queueapp.runtime import Runtime
from tests.integration.finished_tasks import finished_task


def _create(client: FlaskClient, items: int = 1, **body: Any) -> int:
    task = {"type": "sleep", "items": [{"seconds": 0}] * items} | body
    return int(client.post("/api/queues/tasks", json=task).get_json()["task_id"])


def test_next_goes_before_all_that_wait(admin: FlaskClient, runtime: Runtime) -> None:
    task_id = _create(admin, 3, priority="low", scheduled_for="2099-01-01T00:00:00Z")
    response = admin.post(f"/api/queues/{task_id}/next")
    assert (response.status_code, response.get_json()["priority"]) == (202, 1)
    with runtime.transaction() as session:
        rows = session.execute(sa.select(Item.lane, Item.stage).where(Item.task_id == task_id)).all()
    assert {tuple(row) for row in rows} <= {(0, 2), (0, 3)}


def test_what_is_paused_or_finished_is_not_run_next(admin: FlaskClient) -> None:
    task_id = _create(admin)
    admin.post(f"/api/queues/{task_id}/pause")
    assert admin.post(f"/api/queues/{task_id}/next").status_code == 409
    admin.post(f"/api/queues/{task_id}/cancel")
    assert admin.post(f"/api/queues/{task_id}/next").get_json()["current_status"] == "canceled"
    assert admin.post("/api/queues/999/next").status_code == 404


def test_a_retry_may_bring_another_payload_for_the_one_item_it_concerns(
    admin: FlaskClient, runtime: Runtime
) -> None:
    task_id = _create(admin)
    admin.post(f"/api/queues/{task_id}/cancel")
    bad = admin.post(f"/api/queues/{task_id}/retry", json={"payload": {"hours": 1}})
    assert bad.status_code == 422
    text = admin.post(f"/api/queues/{task_id}/retry", json={"payload": {"seconds": "0.5"}})
    assert (text.status_code, text.get_json()["errors"][0]["loc"]) == (422, ["seconds"])
    done = admin.post(f"/api/queues/{task_id}/retry", json={"payload": {"seconds": 0.5}})
    assert (done.status_code, done.get_json()["retried"]) == (202, 1)
    item = admin.get(f"/api/queues/{task_id}").get_json()["items"][0]["id"]
    assert admin.get(f"/api/queues/{task_id}/items/{item}").get_json()["payload"]["seconds"] == 0.5
    active = admin.post(f"/api/queues/{task_id}/retry", json={"payload": {"seconds": 1}})
    assert active.status_code == 409


def test_one_payload_is_not_given_to_several_items(admin: FlaskClient) -> None:
    task_id = _create(admin, 2)
    admin.post(f"/api/queues/{task_id}/cancel")
    assert admin.post(f"/api/queues/{task_id}/retry", json={"payload": {"seconds": 1}}).status_code == 409


def test_a_completed_item_is_run_once_more_with_another_payload(admin: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        task_id = finished_task(session, 0)
    body = {"scope": "all", "payload": {}}
    assert admin.post(f"/api/queues/{task_id}/retry", json=body).get_json()["retried"] == 1


def test_a_worker_is_asked_to_drain(admin: FlaskClient, viewer: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        ids = []
        for state in (WorkerState.RUNNING, WorkerState.STOPPED):
            worker = Worker(broker_id="b", host="here", pid=7, lanes=["high"], threads=4, state=state)
            session.add(worker)
            session.flush()
            ids.append(worker.id)
    running, stopped = ids
    assert viewer.post(f"/api/workers/{running}/drain").status_code == 403
    for _ in range(2):
        response = admin.post(f"/api/workers/{running}/drain")
        assert (response.status_code, response.get_json()["state"]) == (202, "draining")
    assert admin.post(f"/api/workers/{stopped}/drain").get_json()["current_status"] == "stopped"
    assert admin.post("/api/workers/999/drain").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=key:test admin", 3),
        ("who=anna", 0),
        ("action=create_key", 2),
        ("action=CREATE", 3),
        ("target=/queues", 1),
        ("target=%25", 0),
        ("action=create_key&target=keys", 2),
        ("since=2000-01-01T00:00:00Z", 3),
        ("until=2000-01-01T00:00:00Z", 0),
    ],
)
def test_the_audit_log_is_filtered(admin: FlaskClient, query: str, found: int) -> None:
    for name in ("one", "two"):
        admin.post("/api/keys", json={"name": name})
    _create(admin)
    page = admin.get(f"/api/audit?{query}").get_json()
    assert (page["total"], len(page["entries"])) == (found, found)


def test_the_audit_log_pages_by_offset_and_cursor(admin: FlaskClient) -> None:
    for number in range(5):
        admin.post("/api/keys", json={"name": f"key {number}"})
    first = admin.get("/api/audit?limit=3").get_json()
    by_cursor = admin.get(f"/api/audit?limit=3&cursor={first['next_cursor']}").get_json()
    by_offset = admin.get("/api/audit?limit=3&offset=3").get_json()
    assert by_cursor["entries"] == by_offset["entries"]
    assert (first["total"], len(by_cursor["entries"]), by_cursor["next_cursor"]) == (5, 2, None)
    assert admin.get("/api/audit?cursor=x").status_code == 422
