"""/api/control, and tasks that wait for others, from the outside; no worker runs here."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

TASKS = "/api/queues/tasks"


def _create(client: FlaskClient, **body: Any) -> int:
    response = client.post(TASKS, json={"type": "noop", "items": [{}]} | body)
    assert response.status_code == 201, response.text
    return int(response.get_json()["task_id"])


def test_everything_and_one_operation_are_paused_and_resumed(admin: FlaskClient) -> None:
    assert admin.get("/api/control").get_json() == {"paused": False, "pauses": [], "circuits": []}
    assert admin.post("/api/control/pause", json={"operation": "scan"}).status_code == 202
    state = admin.post("/api/control/pause").get_json()
    assert state["paused"]
    assert [(one["operation"], one["paused_by"]) for one in state["pauses"]] == [
        ("scan", "key:test admin"),
        (None, "key:test admin"),
    ]
    assert admin.post("/api/control/resume").get_json()["paused"] is False
    assert admin.post("/api/control/resume").status_code == 409
    assert admin.post("/api/control/pause", json={"operation": "nope"}).status_code == 422


def test_process_now_tells_how_many_it_made_due(admin: FlaskClient) -> None:
    assert admin.post("/api/control/process-now").get_json() == {"items": 0}


def test_a_task_that_waits_for_another_says_so(admin: FlaskClient) -> None:
    first = _create(admin)
    second = _create(admin, depends_on=[first])
    (item,) = admin.get(f"/api/queues/{second}").get_json()["items"]
    assert (item["display_status"], item["waiting_for"]) == ("waiting", f"waits for task {first}")
    assert admin.post(f"/api/queues/{first}/cancel").status_code == 202
    assert admin.get(f"/api/queues/{second}").get_json()["status"] == "canceled"
    assert admin.post(TASKS, json={"type": "noop", "items": [{}], "depends_on": [first]}).status_code == 409
    assert admin.post(TASKS, json={"type": "noop", "items": [{}], "depends_on": [10**9]}).status_code == 422


def test_a_task_gets_another_priority_until_it_is_finished(admin: FlaskClient) -> None:
    task_id = _create(admin, items=[{}] * 30, priority="low", max_parallel=1)
    assert admin.patch(f"/api/queues/{task_id}", json={"priority": "critical"}).get_json()["priority"] == 1
    admin.post(f"/api/queues/{task_id}/cancel")
    assert admin.patch(f"/api/queues/{task_id}", json={"priority": 5}).status_code == 409
    assert admin.patch(f"/api/queues/{task_id}", json={"title": "Old"}).get_json()["title"] == "Old"
