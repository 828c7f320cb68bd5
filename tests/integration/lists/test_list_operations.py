"""Operations on lists: collapsed, superseded, cancelled, retried, processed by hand, counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queueapp.services.lists import outcome, processor
from queueapp.services.schedule import schedule_runs, schedules
from tests.integration.lists.conftest import Desk
from tests.servers.loopback import Reply
from tests.waiting import eventually

DOWN = Reply(503, {})
FIELDS = {
    "id", "operation_type", "tmdb_user_id", "tmdb_list_id", "operation_data", "status", "retry_count",
    "last_retry_at", "error_message", "scheduled_for", "inserted_at", "updated_at",
}  # fmt: skip


@pytest.fixture
def user(desk: Desk) -> int:
    """A connected person."""
    return desk.connect()


@pytest.fixture
def on(desk: Desk, user: int) -> int:
    """Their list, by our id, with TMDB gone away since."""
    made: int = desk.new_list(user)["id"]
    desk.tmdb.outage = DOWN
    return made


def statuses(desk: Desk, *ids: int) -> list[str]:
    return [desk.operation(one)["status"] for one in ids]


def movies(desk: Desk) -> list[int]:
    [only] = desk.tmdb.lists.values()
    return only.movies


def test_an_operation_has_the_fields_it_should(desk: Desk, user: int, on: int) -> None:
    told = desk.add(user, on, 653)
    operation = desk.tried(told["operation_id"], 1)
    assert set(operation) == FIELDS
    assert (operation["operation_type"], operation["operation_data"]) == ("add_item", {"movie_id": 653})
    assert (operation["tmdb_user_id"], operation["retry_count"]) == (user, 0)
    assert operation["tmdb_list_id"] == next(iter(desk.tmdb.lists))
    desk.time_passes()
    assert desk.tried(told["operation_id"], 2)["last_retry_at"] is not None


def test_duplicates_collapse_and_the_latest_wish_for_a_film_wins(desk: Desk, user: int, on: int) -> None:
    first = desk.add(user, on, 1)["operation_id"]
    kept = desk.add(user, on, 2)["operation_id"]
    assert desk.add(user, on, 1)["operation_id"] == first
    off = desk.remove(user, on, 1)["operation_id"]
    assert statuses(desk, first, kept, off) == ["cancelled", "pending", "pending"]
    assert desk.operation(first)["error_message"] == f"superseded by operation {off}"
    desk.tmdb.outage = None
    desk.settled()
    assert (movies(desk), statuses(desk, kept, off)) == ([2], ["completed", "completed"])


def test_a_clear_and_a_deletion_supersede_what_waits(desk: Desk, user: int, on: int) -> None:
    before = [desk.add(user, on, one)["operation_id"] for one in (1, 2)]
    cleared = desk.post(f"/api/lists/{on}/clear?tmdb_user_id={user}", 202)["operation_id"]
    after = desk.add(user, on, 3)["operation_id"]
    assert statuses(desk, *before, cleared, after) == ["cancelled", "cancelled", "pending", "pending"]
    gone = desk.ask("DELETE", f"/api/lists/{on}", 202, json={"tmdb_user_id": user})["operation_id"]
    assert statuses(desk, cleared, after, gone) == ["cancelled", "cancelled", "pending"]
    desk.tmdb.outage = None
    desk.settled()
    assert desk.tmdb.lists == {}


def test_a_list_deleted_before_it_was_created_is_never_made(desk: Desk, user: int) -> None:
    desk.tmdb.outage = DOWN
    created = desk.post("/api/lists", 202, json={"tmdb_user_id": user, "name": "No"})
    again = desk.post("/api/lists", 202, json={"tmdb_user_id": user, "name": "No"})
    assert again["operation_id"] == created["operation_id"]
    desk.add(user, created["list_id"], 1)
    gone = desk.ask("DELETE", f"/api/lists/{created['list_id']}?tmdb_user_id={user}", 200)
    assert gone["message"] == "it was never created"
    desk.tmdb.outage = None
    desk.settled()
    assert statuses(desk, created["operation_id"], gone["operation_id"]) == ["cancelled", "completed"]
    assert desk.tmdb.lists == {}


def test_only_a_pending_operation_is_cancelled(desk: Desk, user: int, on: int) -> None:
    first, second = (desk.add(user, on, one)["operation_id"] for one in (1, 2))
    cancelled = desk.post(f"/api/lists/operations/{first}/cancel", 200)
    assert (cancelled["status"], cancelled["scheduled_for"]) == ("cancelled", None)
    problem = desk.post(f"/api/lists/operations/{first}/cancel", 409)
    assert problem["current_status"] == "cancelled"
    desk.tmdb.outage = None
    desk.settled()
    assert movies(desk) == [2]
    desk.post(f"/api/lists/operations/{second}/cancel", 409)
    desk.post(f"/api/lists/operations/{second}/process", 409)
    desk.post(f"/api/lists/operations/{second}/retry", 409)
    desk.post("/api/lists/operations/999999/cancel", 404)


def test_an_operation_that_is_with_tmdb_is_not_cancelled(
    desk: Desk, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = desk.new_list(user)["id"]
    monkeypatch.setattr(outcome, "WAIT_SECONDS", 0.2)
    desk.tmdb.faults.append(Reply(200, {"success": True, "results": []}, delay_seconds=5))
    told = desk.add(user, on, 1)["operation_id"]
    desk.comes_to(told, "processing")
    problem = desk.post(f"/api/lists/operations/{told}/cancel", 409)
    assert problem["current_status"] == "processing"
    assert desk.add(user, on, 1)["operation_id"] == told
    desk.comes_to(told, "completed")


def test_the_creation_of_a_list_takes_what_waits_for_it_with_it(desk: Desk, user: int) -> None:
    desk.tmdb.outage = DOWN
    created = desk.post("/api/lists", 202, json={"tmdb_user_id": user, "name": "No"})
    added = desk.add(user, created["list_id"], 1)["operation_id"]
    desk.post(f"/api/lists/operations/{created['operation_id']}/cancel", 200)
    operation = desk.operation(added)
    assert operation["status"] == "cancelled"
    assert f"operation {created['operation_id']}" in operation["error_message"]
    desk.post(f"/api/lists/{created['list_id']}/items", 404, json={"tmdb_user_id": user, "movie_id": 2})


def test_a_cancelled_or_failed_operation_is_tried_again_behind_what_waits(
    desk: Desk, user: int, on: int
) -> None:
    first, second = (desk.add(user, on, one)["operation_id"] for one in (1, 2))
    desk.post(f"/api/lists/operations/{first}/cancel", 200)
    assert desk.post(f"/api/lists/operations/{first}/retry", 202)["status"] == "pending"
    desk.tmdb.outage = None
    desk.settled()
    assert (movies(desk), statuses(desk, first, second)) == ([2, 1], ["completed", "completed"])
    unknown = desk.tmdb.unknown_from + 5
    problem = desk.post(f"/api/lists/{on}/items", 422, json={"tmdb_user_id": user, "movie_id": unknown})
    desk.tmdb.unknown_from += 10
    desk.post(f"/api/lists/operations/{problem['operation_id']}/retry", 202)
    done = desk.comes_to(problem["operation_id"], "completed")
    desk.tmdb.unknown_from -= 10
    assert (done["retry_count"], movies(desk)) == (1, [2, 1, unknown])


def test_process_now_ends_the_wait_of_one_or_of_all(desk: Desk, user: int, on: int) -> None:
    first, second = (desk.add(user, on, one)["operation_id"] for one in (1, 2))
    desk.tmdb.outage = None
    assert desk.post(f"/api/lists/operations/{second}/process", 202)["id"] == second
    desk.comes_to(second, "completed")
    assert movies(desk) == [1, 2]
    desk.tmdb.outage = DOWN
    third = desk.add(user, on, 3)["operation_id"]
    desk.tmdb.outage = None
    assert desk.post(f"/api/lists/operations/process?user_id={user}", 202) == {"operations": 1}
    assert desk.comes_to(third, "completed")["retry_count"] == 1
    assert statuses(desk, first) == ["completed"]
    desk.post("/api/lists/operations/process?user_id=999999", 404)


def test_the_processor_is_switched_off_and_on(desk: Desk, user: int) -> None:
    on = desk.new_list(user)["id"]
    assert desk.get("/api/lists/processor")["enabled"] is True
    assert desk.ask("PUT", "/api/lists/processor", 200, json={"enabled": False})["enabled"] is False
    first, second, third = (desk.add(user, on, one)["operation_id"] for one in (1, 2, 3))
    assert statuses(desk, first, second, third) == ["pending"] * 3
    assert desk.get("/api/lists/processor")["pending"] == 3
    desk.post(f"/api/lists/operations/{second}/process", 202)
    desk.comes_to(second, "completed")
    assert (movies(desk), statuses(desk, first, third)) == ([1, 2], ["completed", "pending"])
    desk.ask("PUT", "/api/lists/processor", 200, json={"enabled": True})
    desk.comes_to(third, "completed")


def test_operations_are_counted_filtered_and_paged(desk: Desk, user: int, on: int) -> None:
    ids = [desk.add(user, on, one)["operation_id"] for one in (1, 2, 3)]
    desk.post(f"/api/lists/operations/{ids[0]}/cancel", 200)
    counted: dict[str, Any] = desk.get(f"/api/lists/operations/stats?user_id={user}")
    [own] = counted.pop("users")
    assert (own["tmdb_user_id"], own["total"]) == (user, counted["total"])
    assert counted["pending"] + counted["processing"] == 2
    assert (counted["completed"], counted["cancelled"], counted["failed"], counted["total"]) == (1, 1, 0, 4)
    pending = desk.get("/api/lists/operations?status=pending,processing&operation_type=add_item")
    assert ([one["id"] for one in pending["operations"]], pending["total"]) == ([ids[2], ids[1]], 2)
    seen, path = [], f"/api/lists/operations?user_id={user}&limit=3"
    while path:
        page = desk.get(path)
        seen += [one["id"] for one in page["operations"]]
        cursor = page["next_cursor"]
        path = f"/api/lists/operations?user_id={user}&limit=3&cursor={cursor}" if cursor else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 4
    for bad in ("status=done", "operation_type=paint", "limit=1000", "colour=red"):
        desk.ask("GET", f"/api/lists/operations?{bad}", 422)
    desk.ask("GET", "/api/lists/operations/999999", 404)


def test_the_schedule_lets_go_on_what_waits_without_need(desk: Desk, user: int, on: int) -> None:
    told = desk.add(user, on, 1)
    desk.tried(told["operation_id"], 1)
    with desk.runtime.transaction() as session:
        assert processor.has_work(session)
    task = desk.post("/api/queues/tasks", 201, json={"type": "process_lists", "items": [{}]})["task_id"]
    look = eventually(
        lambda: one if (one := desk.get(f"/api/queues/{task}"))["status"] == "completed" else None
    )
    item = desk.get(f"/api/queues/{task}/items/{look['items'][0]['id']}")
    assert item["result"] == {"enabled": True, "pending": 1, "processing": 0, "woken": 0}


def test_a_due_time_of_the_schedule_makes_a_task_only_when_something_waits(
    desk: Desk, user: int, on: int
) -> None:
    runtime = desk.runtime
    with runtime.transaction() as session:
        schedules.ensure_built_in(session, runtime.settings, runtime.registry.names())

    def comes_due() -> int | None:
        with runtime.transaction() as session:
            schedule = schedules.get_schedule(session, processor.SCHEDULE)
            assert schedule.interval_seconds == 60
            due = schedule.next_due_at = datetime.now(UTC) - timedelta(seconds=1)
            number = schedule.id
        return schedule_runs.fire(runtime, number, due)

    assert comes_due() is None
    assert desk.get("/api/lists/processor")["last_run_at"] is not None
    desk.add(user, on, 1)
    assert comes_due() is not None


def test_the_same_wish_from_many_at_once_is_one_operation(desk: Desk, user: int, on: int) -> None:
    body = {"tmdb_user_id": user, "movie_id": 7}

    def wish(_: int) -> int:
        client = desk.client.application.test_client()
        client.environ_base.update(desk.client.environ_base)
        told: int = client.post(f"/api/lists/{on}/items", json=body).get_json()["operation_id"]
        return told

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(wish, range(6)))) == 1


def test_bad_wishes_are_refused_and_nothing_is_stored(desk: Desk, user: int, on: int) -> None:
    before = desk.get("/api/lists/operations")["total"]
    for path, body, status in (
        ("/api/lists", {"tmdb_user_id": user, "name": "  "}, 422),
        ("/api/lists", {"name": "A"}, 422),
        ("/api/lists", {"tmdb_user_id": 999_999, "name": "A"}, 404),
        (f"/api/lists/{on}/items", {"tmdb_user_id": user, "movie_id": 0}, 422),
        (f"/api/lists/{on}/items", {"tmdb_user_id": user}, 422),
        ("/api/lists/1999999999/items", {"tmdb_user_id": user, "movie_id": 1}, 404),
        (f"/api/lists/{on}/clear", {}, 422),
    ):
        desk.post(path, status, json=body)
    desk.ask("PATCH", f"/api/lists/{on}", 422, json={"tmdb_user_id": user})
    desk.ask("DELETE", f"/api/lists/{on}", 422)
    assert desk.get("/api/lists/operations")["total"] == before
