"""/api/queues from the outside; no worker runs here."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog
from queueapp.models.task import Task
from queueapp.runtime import Runtime

TASKS = "/api/queues/tasks"


def _create(client: FlaskClient, **body: Any) -> int:
    response = client.post(TASKS, json={"type": "noop", "items": [{}]} | body)
    assert response.status_code == 201, response.text
    return int(response.get_json()["task_id"])


def test_a_task_is_created_and_found_where_location_says(admin: FlaskClient) -> None:
    body = {"type": "noop", "items": [{}, {}], "title": "Two", "meta": {"origin": "settings", "trigger": "x"}}
    response = admin.post(TASKS, json=body)
    assert response.status_code == 201
    made = response.get_json()
    assert made["created"] is True
    task = admin.get(response.headers["Location"]).get_json()
    assert task["id"] == made["task_id"]
    assert (task["title"], task["status"], task["total_items"]) == ("Two", "queued", 2)
    assert task["origin"] == "settings"
    assert task["meta"]["trigger"] == "x"
    assert task["created_by"] == "key:test admin"
    assert [item["index"] for item in task["items"]] == [0, 1]
    assert task["items_total"] == 2


def test_an_item_may_be_given_the_longer_way(admin: FlaskClient) -> None:
    items = [{"payload": {"seconds": 0.5}, "type": "sleep", "title": "Wait", "optional": True}, {}]
    task_id = _create(admin, items=items)
    first, second = admin.get(f"/api/queues/{task_id}").get_json()["items"]
    assert (first["type"], first["title"], first["optional"]) == ("sleep", "Wait", True)
    assert second["type"] == "noop"
    detail = admin.get(f"/api/queues/{task_id}/items/{first['id']}").get_json()
    assert detail["payload"] == {"seconds": 0.5}
    assert detail["logs"] == []


def test_priorities_have_names_and_numbers(admin: FlaskClient) -> None:
    for given, stored in (("critical", 1), ("low", 8), (4, 4)):
        task_id = _create(admin, priority=given)
        assert admin.get(f"/api/queues/{task_id}").get_json()["priority"] == stored


def test_a_taken_dedup_key_is_409_or_gives_the_task_that_has_it(admin: FlaskClient) -> None:
    task_id = _create(admin, dedup_key="films")
    again = {"type": "noop", "items": [{}], "dedup_key": "films"}
    refused = admin.post(TASKS, json=again)
    assert refused.status_code == 409
    assert refused.get_json(force=True)["task_id"] == task_id
    returned = admin.post(TASKS, json=again | {"on_conflict": "return"})
    assert returned.status_code == 200
    assert returned.get_json() | {"task_id": task_id, "created": False} == returned.get_json()


def test_an_open_task_takes_items_until_it_is_closed(admin: FlaskClient) -> None:
    task_id = _create(admin, open=True)
    added = admin.post(f"/api/queues/{task_id}/items", json={"items": [{}, {}]})
    assert (added.status_code, added.get_json()) == (201, {"added": 2})
    assert admin.post(f"/api/queues/{task_id}/close").get_json()["open"] is False
    assert admin.get(f"/api/queues/{task_id}").get_json()["total_items"] == 3


def test_a_canceled_task_says_so_and_can_be_retried_and_deleted(admin: FlaskClient) -> None:
    task_id = _create(admin, items=[{}, {}])
    assert admin.delete(f"/api/queues/{task_id}").status_code == 409
    assert admin.post(f"/api/queues/{task_id}/retry").status_code == 409
    canceled = admin.post(f"/api/queues/{task_id}/cancel")
    assert (canceled.status_code, canceled.get_json()["status"]) == (202, "canceled")
    assert admin.post(f"/api/queues/{task_id}/cancel").status_code == 202
    items = admin.get(f"/api/queues/{task_id}?items_status=cancelled").get_json()
    assert items["items_total"] == 2
    retried = admin.post(f"/api/queues/{task_id}/retry", json={"scope": "all"})
    assert (retried.status_code, retried.get_json()["retried"]) == (202, 2)
    admin.post(f"/api/queues/{task_id}/cancel")
    assert admin.delete(f"/api/queues/{task_id}").status_code == 204
    assert admin.get(f"/api/queues/{task_id}").status_code == 404


def test_a_finished_task_cannot_be_canceled(admin: FlaskClient, runtime: Runtime) -> None:
    task_id = _create(admin)
    now = sa.func.now()
    with runtime.transaction() as session:
        done = {"status": "completed", "completed_items": 1, "finished_at": now}
        session.execute(sa.update(Task).where(Task.id == task_id).values(done))
    response = admin.post(f"/api/queues/{task_id}/cancel")
    assert response.status_code == 409
    assert response.get_json(force=True)["current_status"] == "completed"


def test_pause_and_resume_are_shown(admin: FlaskClient) -> None:
    task_id = _create(admin)
    paused = admin.post(f"/api/queues/{task_id}/pause").get_json()
    assert (paused["paused"], paused["paused_by"]) == (True, "key:test admin")
    item = admin.get(f"/api/queues/{task_id}").get_json()["items"][0]
    assert item["display_status"] == "paused"
    assert "key:test admin" in item["waiting_for"]
    assert admin.post(f"/api/queues/{task_id}/resume").get_json()["paused"] is False


def test_one_item_can_be_canceled_and_retried(admin: FlaskClient) -> None:
    task_id = _create(admin, items=[{}, {}])
    item_id = admin.get(f"/api/queues/{task_id}").get_json()["items"][0]["id"]
    canceled = admin.post(f"/api/queues/{task_id}/items/{item_id}/cancel")
    assert (canceled.status_code, canceled.get_json()["status"]) == (202, "canceled")
    task = admin.get(f"/api/queues/{task_id}").get_json()
    assert (task["status"], task["canceled_items"]) == ("queued", 1)
    retried = admin.post(f"/api/queues/{task_id}/items/{item_id}/retry")
    assert (retried.status_code, retried.get_json()["status"]) == (202, "queued")


def test_log_lines_are_read_from_where_one_was(admin: FlaskClient, runtime: Runtime) -> None:
    task_id = _create(admin)
    item_id = admin.get(f"/api/queues/{task_id}").get_json()["items"][0]["id"]
    with runtime.transaction() as session:
        for seq in range(1, 6):
            session.add(ItemLog(item_id=item_id, seq=seq, level="info", message=f"line {seq}"))
    url = f"/api/queues/{task_id}/items/{item_id}"
    assert [line["seq"] for line in admin.get(url).get_json()["logs"]] == [1, 2, 3, 4, 5]
    page = admin.get(f"{url}/logs?after=2&limit=2").get_json()
    assert [line["message"] for line in page["logs"]] == ["line 3", "line 4"]
    assert page["next_after"] == 4
    assert admin.get(f"{url}/logs?after=5").get_json() == {"logs": [], "next_after": 5}


def test_lists_page_by_offset_and_by_cursor_without_gap_or_double(admin: FlaskClient) -> None:
    made = [_create(admin, title=f"Film {number}", priority=1 + number % 3) for number in range(23)]
    for order in ("order_by=created_at", "order_by=priority&order=asc", "order_by=updated_at&order=asc"):
        by_offset: list[int] = []
        by_cursor: list[int] = []
        cursor = ""
        for offset in range(0, 30, 5):
            page = admin.get(f"/api/queues?limit=5&offset={offset}&{order}").get_json()
            by_offset += [task["id"] for task in page["tasks"]]
            assert page["total"] == 23
        while True:
            page = admin.get(f"/api/queues?limit=4&{order}&cursor={cursor}").get_json()
            by_cursor += [task["id"] for task in page["tasks"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
        assert by_offset == by_cursor
        assert sorted(by_offset) == sorted(made)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=queued", {"a", "b"}),
        ("status=cancelled", {"c"}),
        ("status=queued,canceled", {"a", "b", "c"}),
        ("status=queued&status=canceled", {"a", "b", "c"}),
        ("type=sleep", {"b"}),
        ("type=sleep&status=canceled", set()),
        ("q=nos", {"a"}),
        ("q=dark", {"b"}),
        ("q=ark", set()),
        ("priority=critical", {"c"}),
        ("created_by=nobody", set()),
        ("since=2000-01-01T00:00:00Z", {"a", "b", "c"}),
        ("until=2000-01-01T00:00:00Z", set()),
    ],
)
def test_filters_choose_and_combine(admin: FlaskClient, query: str, found: set[str]) -> None:
    ids = {
        "a": _create(admin, title="Nosferatu (1922)"),
        "b": _create(admin, title="The Dark", type="sleep", items=[{"seconds": 1}]),
        "c": _create(admin, title="Metropolis", priority="critical"),
    }
    admin.post(f"/api/queues/{ids['c']}/cancel")
    page = admin.get(f"/api/queues?{query}").get_json()
    assert {task["id"] for task in page["tasks"]} == {ids[name] for name in found}
    assert page["total"] == len(found)


def test_ongoing_shows_what_is_active(admin: FlaskClient) -> None:
    _create(admin, title="One")
    done = _create(admin)
    admin.post(f"/api/queues/{done}/cancel")
    answer = admin.get("/api/queues/ongoing").get_json()
    assert (answer["running"], answer["queued"]) == (0, 1)
    assert [task["title"] for task in answer["tasks"]] == ["One"]


def test_a_hundred_thousand_items_are_taken_in_one_request(admin: FlaskClient, runtime: Runtime) -> None:
    task_id = _create(admin, items=[{}] * 100_000)
    with runtime.transaction() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(Item).where(Item.task_id == task_id))
    assert count == 100_000


def test_with_redis_away_a_task_is_accepted_all_the_same(
    admin: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.redis.connection_pool.reset()
    runtime.redis.connection_pool.connection_kwargs |= {"path": "/nowhere/redis.sock"}
    assert admin.get(f"/api/queues/{_create(admin)}").get_json()["status"] == "queued"


def test_a_task_with_a_phase_keeps_the_configuration_of_its_start(admin: FlaskClient, tmp_path: Any) -> None:
    films = tmp_path / "films"
    films.mkdir()
    admin.patch("/api/phase-config/publish", json={"trailers": True})
    task_id = _create(admin, type="scan", items=[{"path": str(films)}])
    admin.post("/api/phase-config/reset")
    config = admin.get(f"/api/queues/{task_id}").get_json()["meta"]["config"]
    assert config["publish"]["trailers"] is True
    assert config["scan"]["followSymlinks"] is False


def test_stats_count_tasks_waiting_items_and_workers(admin: FlaskClient) -> None:
    _create(admin, items=[{}, {}], priority="low", scheduled_for="2999-01-01T00:00:00Z")
    _create(admin, open=True, max_parallel=1, items=[{}, {}, {}])
    stats = admin.get("/api/queues/stats").get_json()
    assert stats["tasks"] == {"queued": 2, "running": 0, "completed": 0, "failed": 0, "canceled": 0}
    assert set(stats["waiting_items"]) == {"critical", "high", "normal", "low"}
    assert stats["waiting_items"]["low"] == 0
    assert stats["workers"] == 0
