"""Jobs: tasks and items in one flat shape, under two prefixes; no worker runs here."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from tests.integration.finished_tasks import finished_task

FIELDS = {
    "job_id", "type", "status", "title", "description", "progress", "progress_message", "current_step",
    "total_steps", "created_at", "started_at", "completed_at", "parent_job_id", "child_job_ids", "result", "error",
    "user_id", "cancelable",
}  # fmt: skip


@pytest.fixture(params=["/jobs", "/api/jobs"])
def base(request: pytest.FixtureRequest) -> str:
    """Either prefix."""
    return str(request.param)


def _create(client: FlaskClient, items: int = 1, **body: Any) -> int:
    task = {"type": "noop", "items": [{}] * items} | body
    return int(client.post("/api/queues/tasks", json=task).get_json()["task_id"])


def test_a_task_is_a_job_with_its_items_as_children(admin: FlaskClient, base: str) -> None:
    task_id = _create(admin, 2, title="Two of them")
    job = admin.get(f"{base}/job_{task_id}").get_json()
    assert set(job) == FIELDS
    assert job == admin.get(f"{base}/{task_id}").get_json()
    assert (job["status"], job["progress"], job["cancelable"]) == ("queued", 0.0, True)
    assert (job["current_step"], job["total_steps"]) == (0, 2)
    assert (job["title"], job["user_id"]) == ("Two of them", "key:test admin")
    assert job["child_job_ids"] == [f"job_{task_id}_0", f"job_{task_id}_1"]
    child = admin.get(f"{base}/job_{task_id}_1").get_json()
    assert set(child) == FIELDS
    assert (child["parent_job_id"], child["job_id"]) == (f"job_{task_id}", f"job_{task_id}_1")


@pytest.mark.parametrize(
    "name", ["job_9999", "9999", "job_", "nonsense", "job_1_99", "job_0", "job_-1", "1" * 40]
)
def test_what_is_no_job_is_not_found(admin: FlaskClient, base: str, name: str) -> None:
    _create(admin)
    for response in (
        admin.get(f"{base}/{name}"),
        admin.post(f"{base}/{name}/cancel"),
        admin.delete(f"{base}/{name}"),
    ):
        assert response.status_code == 404
        assert response.mimetype == "application/problem+json"


def test_jobs_are_listed_filtered_and_paged(admin: FlaskClient, base: str) -> None:
    first, second, third = (_create(admin) for _ in range(3))
    admin.post(f"{base}/job_{second}/cancel")
    page = admin.get(base, query_string={"limit": 2}).get_json()
    assert [job["job_id"] for job in page["jobs"]] == [f"job_{third}", f"job_{second}"]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 0)
    following = admin.get(base, query_string={"limit": 2, "cursor": page["next_cursor"]}).get_json()
    assert [job["job_id"] for job in following["jobs"]] == [f"job_{first}"]
    for word in ("cancelled", "canceled"):
        assert [job["job_id"] for job in admin.get(f"{base}?status={word}").get_json()["jobs"]] == [
            f"job_{second}"
        ]
    ordered = admin.get(base, query_string={"order_by": "created_at", "order": "asc"}).get_json()
    assert [job["job_id"] for job in ordered["jobs"]] == [f"job_{first}", f"job_{second}", f"job_{third}"]


@pytest.mark.parametrize(
    "query", ["status=lost", "limit=101", "limit=0", "offset=-1", "order_by=title", "colour=red"]
)
def test_bad_filters_are_refused(admin: FlaskClient, base: str, query: str) -> None:
    assert admin.get(f"{base}?{query}").status_code == 422


def test_a_job_is_canceled_retried_and_removed(admin: FlaskClient, base: str) -> None:
    task_id = _create(admin)
    canceled = admin.post(f"{base}/job_{task_id}/cancel")
    assert (canceled.status_code, canceled.get_json()["status"]) == (200, "cancelled")
    assert canceled.get_json()["cancelable"] is False
    retried = admin.post(f"{base}/job_{task_id}/retry")
    assert (retried.status_code, retried.get_json()["status"]) == (200, "queued")
    active = admin.delete(f"{base}/job_{task_id}")
    assert (active.status_code, active.get_json()["status"]) == (200, "cancelled")
    removed = admin.delete(f"{base}/job_{task_id}")
    assert removed.status_code == 204
    assert admin.get(f"{base}/{task_id}").status_code == 404
    assert admin.post(f"/api/undo/{removed.headers['Undo-Token']}").status_code == 200
    assert admin.get(f"{base}/{task_id}").status_code == 200


def test_an_ended_job_is_not_canceled(admin: FlaskClient, runtime: Runtime, base: str) -> None:
    with runtime.transaction() as session:
        task_id = finished_task(session, 0)
    response = admin.post(f"{base}/{task_id}/cancel")
    assert (response.status_code, response.get_json()["current_status"]) == (409, "completed")


def test_a_child_is_canceled_and_retried_by_itself(admin: FlaskClient, base: str) -> None:
    task_id = _create(admin, 2)
    child = admin.post(f"{base}/job_{task_id}_1/cancel").get_json()
    assert (child["status"], child["cancelable"]) == ("cancelled", False)
    assert admin.get(f"{base}/job_{task_id}_0").get_json()["status"] == "queued"
    assert admin.post(f"{base}/job_{task_id}_1/retry").get_json()["status"] == "queued"
    assert admin.delete(f"{base}/job_{task_id}_1").get_json()["status"] == "cancelled"
    assert admin.delete(f"{base}/job_{task_id}_1").status_code == 409


def test_the_only_item_speaks_for_its_job(admin: FlaskClient, runtime: Runtime, base: str) -> None:
    with runtime.transaction() as session:
        task_id = finished_task(session, 0, items=1, status="failed")
        session.execute(sa.update(Item).where(Item.task_id == task_id).values(error={"message": "it broke"}))
        other = finished_task(session, 0, items=3)
    job = admin.get(f"{base}/{task_id}").get_json()
    assert (job["status"], job["error"]) == ("failed", "it broke")
    many = admin.get(f"{base}/{other}").get_json()
    assert (many["progress"], many["result"]["items"]["completed"]) == (1.0, 3)


def test_stats_count_what_there_is(admin: FlaskClient, runtime: Runtime, base: str) -> None:
    empty = admin.get(f"{base}/stats").get_json()
    assert (empty["total_jobs"], empty["success_rate"], empty["per_type"]) == (0, 0.0, {})
    with runtime.transaction() as session:
        for status, days in (
            ("completed", 0),
            ("completed", 3),
            ("completed", 3),
            ("failed", 0),
            ("canceled", 0),
        ):
            finished_task(session, days, items=2, status=status)
        session.execute(sa.update(Task).values(started_at=Task.finished_at - sa.text("interval '4 seconds'")))
    _create(admin)
    stats = admin.get(f"{base}/stats").get_json()
    assert {name: stats[name] for name in ("total_jobs", "queued", "running", "completed", "failed", "cancelled")} == {
        "total_jobs": 6, "queued": 1, "running": 0, "completed": 3, "failed": 1, "cancelled": 1,
    }  # fmt: skip
    assert (stats["total_files_processed"], stats["success_rate"]) == (8, 0.75)
    assert stats["average_duration_seconds"] == 4.0
    assert stats["last_24h"]["total_jobs"] == 4
    assert stats["per_type"]["noop"]["total_jobs"] == 6


def test_a_retry_sent_twice_with_one_key_is_done_once(admin: FlaskClient, base: str) -> None:
    task_id = _create(admin)
    admin.post(f"{base}/{task_id}/cancel")
    headers = {"Idempotency-Key": "once"}
    first = admin.post(f"{base}/{task_id}/retry", headers=headers)
    again = admin.post(f"{base}/{task_id}/retry", headers=headers)
    assert (again.status_code, again.get_data()) == (first.status_code, first.get_data())
    assert again.headers["Idempotent-Replayed"] == "true"
