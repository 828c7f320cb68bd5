"""Whole jobs as unnamed events."""

from __future__ import annotations

import json
import threading
from typing import Any

from flask.testing import FlaskClient

from tests.waiting import eventually


def _stream(client: FlaskClient, last_id: str = "") -> list[dict[str, Any]]:
    """The events of a stream as they come, each with its fields; the stream ends with those of the app."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    response = client.get("/jobs/stream", headers=headers)
    assert response.mimetype == "text/event-stream"
    events: list[dict[str, Any]] = []

    def read() -> None:
        for chunk in response.response:
            for block in bytes(chunk).decode().split("\n\n"):
                fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                if "data" in fields:
                    events.append({**fields, "job": json.loads(fields["data"])})

    threading.Thread(target=read, daemon=True).start()
    return events


def _create(client: FlaskClient) -> int:
    task = {"type": "noop", "items": [{}]}
    return int(client.post("/api/queues/tasks", json=task).get_json()["task_id"])


def _seen(events: list[dict[str, Any]], job_id: str) -> str | None:
    return next((each["job"]["status"] for each in reversed(events) if each["job"]["job_id"] == job_id), None)


def test_active_jobs_come_first_and_then_what_changes(admin: FlaskClient) -> None:
    task_id = _create(admin)
    job_id = f"job_{task_id}"
    events = _stream(admin)
    eventually(lambda: _seen(events, job_id) == "queued", 10)
    assert events[0]["job"] == admin.get(f"/jobs/{job_id}").get_json()
    assert "event" not in events[0]
    admin.post(f"/jobs/{job_id}/cancel")
    eventually(lambda: _seen(events, job_id) == "cancelled", 10)


def test_who_comes_back_is_told_what_was_missed(admin: FlaskClient) -> None:
    job_id = f"job_{_create(admin)}"
    events = _stream(admin)
    eventually(lambda: _seen(events, job_id) == "queued", 10)
    last_id = events[-1]["id"]
    admin.post(f"/jobs/{job_id}/cancel")
    back, lost = _stream(admin, last_id), _stream(admin, "another-0-0")
    eventually(lambda: _seen(back, job_id) == "cancelled", 10)
    eventually(lambda: _seen(lost, job_id) == "cancelled", 10)
