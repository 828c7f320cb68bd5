"""What was deleted or reprioritized a moment ago can be as it was before; no worker runs here."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog
from queueapp.models.task import Task
from queueapp.models.undo import Undo
from queueapp.runtime import Runtime
from queueapp.services import undo
from tests.integration.finished_tasks import finished_task


@pytest.fixture
def finished(runtime: Runtime) -> int:
    """A finished task of three items."""
    with runtime.transaction() as session:
        return finished_task(session, 1, items=3, warnings=["one"], meta={"a": {"b": [1, None]}})


def _pass_time(runtime: Runtime, seconds: int = 11) -> None:
    with runtime.transaction() as session:
        earlier = Undo.expires_at - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        session.execute(sa.update(Undo).values(expires_at=earlier))


def _delete(client: FlaskClient, task_id: int) -> str:
    response = client.delete(f"/api/queues/{task_id}")
    assert response.status_code == 204
    return str(response.headers["Undo-Token"])


def _row(runtime: Runtime, task_id: int) -> Any:
    query = sa.text("SELECT to_jsonb(t) FROM queue_tasks t WHERE id = :id")
    with runtime.transaction() as session:
        return session.execute(query, {"id": task_id}).scalar_one_or_none()


def _count(runtime: Runtime, table: type[Item] | type[ItemLog]) -> int:
    with runtime.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_deleted_task_is_seen_nowhere(admin: FlaskClient, finished: int) -> None:
    _delete(admin, finished)
    assert admin.get(f"/api/queues/{finished}").status_code == 404
    assert admin.get("/api/queues").get_json()["total"] == 0
    assert admin.get("/api/queues/export?format=jsonl").get_data() == b""
    assert admin.get("/health").get_json()["tasks"]["completed"] == 0
    assert admin.get("/api/queues/stats").get_json()["tasks"]["completed"] == 0
    assert admin.delete(f"/api/queues/{finished}").status_code == 404


def test_an_undone_deletion_leaves_everything_as_it_was(
    admin: FlaskClient, runtime: Runtime, finished: int
) -> None:
    before, items = _row(runtime, finished), admin.get(f"/api/queues/{finished}").get_json()["items"]
    token = _delete(admin, finished)
    response = admin.post(f"/api/undo/{token}")
    assert response.status_code == 200
    assert response.get_json() == {"action": "delete", "task_ids": [finished], "refused": []}
    assert _row(runtime, finished) == before
    assert admin.get(f"/api/queues/{finished}").get_json()["items"] == items
    assert admin.post(f"/api/undo/{token}").status_code == 410


def test_a_task_keeps_what_it_waited_for(admin: FlaskClient, runtime: Runtime) -> None:
    first = _create(admin)
    second = _create(admin, depends_on=[first])
    admin.post(f"/api/queues/{second}/cancel")
    token = _delete(admin, second)
    assert admin.post(f"/api/undo/{token}").status_code == 200
    admin.post(f"/api/queues/{second}/retry")
    item = admin.get(f"/api/queues/{second}").get_json()["items"][0]
    assert item["waiting_for"] == f"waits for task {first}"


def test_after_ten_seconds_it_is_gone_for_good(admin: FlaskClient, runtime: Runtime, finished: int) -> None:
    token = _delete(admin, finished)
    assert undo.purge(runtime) == 0
    assert _count(runtime, Item) == 3
    _pass_time(runtime)
    response = admin.post(f"/api/undo/{token}")
    assert (response.status_code, response.get_json()["code"]) == (410, "gone")
    _pass_time(runtime)
    assert undo.purge(runtime) == 1
    assert (_count(runtime, Item), _count(runtime, ItemLog)) == (0, 0)
    assert admin.post(f"/api/undo/{token}").status_code == 410


def test_an_unknown_token_is_not_found(admin: FlaskClient, viewer: FlaskClient, finished: int) -> None:
    assert admin.post("/api/undo/nothing").status_code == 404
    assert viewer.post(f"/api/undo/{_delete(admin, finished)}").status_code == 403


def test_one_token_takes_back_a_whole_bulk_deletion(admin: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        ids = [finished_task(session, 1) for _ in range(3)]
    response = admin.post("/api/queues/bulk", json={"action": "delete", "filter": {"status": ["completed"]}})
    token = response.get_json()["undo_token"]
    assert token == response.headers["Undo-Token"]
    assert admin.get("/api/queues").get_json()["total"] == 0
    assert admin.post(f"/api/undo/{token}").get_json()["task_ids"] == ids
    assert admin.get("/api/queues").get_json()["total"] == 3


def test_bulk_priorities_go_back_to_what_each_was(admin: FlaskClient, runtime: Runtime) -> None:
    low, high, over = (_create(admin, priority=word) for word in ("low", "high", "normal"))
    done = admin.post("/api/queues/bulk", json={"action": "priority", "priority": "critical", "filter": {}})
    assert _priorities(runtime) == {low: 1, high: 1, over: 1}
    admin.post(f"/api/queues/{over}/cancel")
    undone = admin.post(f"/api/undo/{done.headers['Undo-Token']}").get_json()
    assert undone == {"action": "priority", "task_ids": [low, high], "refused": [over]}
    assert _priorities(runtime) == {low: 8, high: 3, over: 1}


def test_what_cannot_be_undone_offers_no_token(admin: FlaskClient) -> None:
    task_id = _create(admin)
    response = admin.post("/api/queues/bulk", json={"action": "cancel", "ids": [task_id]})
    assert response.get_json()["undo_token"] is None
    assert "Undo-Token" not in response.headers
    nothing = admin.post("/api/queues/bulk", json={"action": "delete", "ids": [10**9]})
    assert nothing.get_json()["undo_token"] is None


def _create(client: FlaskClient, **body: Any) -> int:
    response = client.post("/api/queues/tasks", json={"type": "noop", "items": [{}]} | body)
    assert response.status_code == 201, response.text
    return int(response.get_json()["task_id"])


def _priorities(runtime: Runtime) -> dict[int, int]:
    with runtime.transaction() as session:
        return {task.id: task.priority for task in session.scalars(sa.select(Task))}
