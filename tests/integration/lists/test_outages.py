"""Lists at TMDB while TMDB is away, slow or hostile; time is moved in the database, never slept."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from queueapp.connectors import circuit
from queueapp.connectors.circuit import open_circuits
from queueapp.connectors.tmdb_lists import NAME
from tests.integration.lists.conftest import Desk
from tests.servers.loopback import GARBAGE, Reply
from tests.waiting import eventually

DOWN = Reply(503, {"success": False, "status_code": 9, "status_message": "Service offline."})


def wait_of(operation: dict[str, str]) -> float:
    """Seconds from an operation's last change to its next try."""
    due = datetime.fromisoformat(operation["scheduled_for"])
    return (due - datetime.fromisoformat(operation["updated_at"])).total_seconds()


def test_an_operation_that_tmdb_does_not_take_is_queued_and_tried_again_at_growing_intervals(
    desk: Desk,
) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    desk.tmdb.outage = DOWN
    answer = desk.add(user, made["id"], 653)
    assert answer["status"] == "queued"
    for times, seconds in enumerate((30, 60, 120, 240, 480, 960, 1920, 3600, 3600), start=1):
        operation = desk.tried(answer["operation_id"], times)
        assert operation["status"] == "pending"
        assert seconds * 0.88 <= wait_of(operation) <= seconds * 1.12, (times, operation)
        assert "503" in operation["error_message"]
        desk.time_passes()
    desk.tried(answer["operation_id"], 10)
    desk.tmdb.outage = None
    desk.time_passes()
    done = desk.comes_to(answer["operation_id"], "completed")
    assert (done["retry_count"], done["error_message"]) == (10, None)
    assert desk.tmdb.lists[made["tmdb_list_id"]].movies == [653]


def test_no_operation_fails_for_an_outage_even_when_redis_forgets_it(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    desk.tmdb.outage = DOWN
    told = desk.add(user, made["id"], 653)
    for times in range(1, 9):
        desk.tried(told["operation_id"], times)
        circuit.reset(desk.runtime.redis, NAME)
        desk.time_passes()
    desk.tmdb.outage = None
    desk.settled()
    assert desk.operation(told["operation_id"])["status"] == "completed"


def test_an_operation_that_alone_fails_again_and_again_is_given_up(desk: Desk) -> None:
    user = desk.connect()
    made, other = desk.new_list(user), desk.new_list(user, "Other")
    desk.tmdb.faults.append(Reply(500, {}))
    told = desk.add(user, made["id"], 653)
    for times in range(1, 6):
        desk.tried(told["operation_id"], times)
        assert desk.add(user, other["id"], times)["status"] == "completed"
        desk.tmdb.faults.append(Reply(500, {}))
        desk.time_passes()
    failed = desk.comes_to(told["operation_id"], "failed")
    assert failed["retry_count"] == 5
    desk.post(f"/api/lists/operations/{told['operation_id']}/retry", 202)
    desk.comes_to(told["operation_id"], "completed")


def test_operations_wait_in_order_for_a_list_whose_creation_is_queued(desk: Desk) -> None:
    user = desk.connect()
    desk.tmdb.outage = DOWN
    created = desk.post("/api/lists", 202, json={"tmdb_user_id": user, "name": "Later"})
    on = created["list_id"]
    for movie in (1, 2, 3):
        assert desk.add(user, on, movie)["status"] == "queued"
    desk.ask("PATCH", f"/api/lists/{on}", 202, json={"tmdb_user_id": user, "name": "Much later"})
    desk.remove(user, on, 2)
    [known] = desk.get("/api/lists")["lists"]
    assert (known["tmdb_list_id"], known["pending_operations"]) == (None, 5)
    desk.tmdb.outage = None
    desk.settled()
    [made] = desk.tmdb.lists.values()
    assert (made.name, made.movies) == ("Much later", [1, 3])
    assert desk.get(f"/api/lists/{on}")["tmdb_list_id"] == made.id


@pytest.mark.parametrize("cut", [Reply(504, b""), Reply(201, {"id": 1}, cut_after=3), GARBAGE])
def test_a_creation_whose_answer_was_lost_makes_no_second_list(desk: Desk, cut: Reply) -> None:
    user = desk.connect()
    desk.tmdb.new_list("7700", "Twice")
    desk.tmdb.lost.append(cut)
    created = desk.post("/api/lists", 202, json={"tmdb_user_id": user, "name": "Twice"})
    desk.add(user, created["list_id"], 5)
    desk.settled()
    before, made = desk.tmdb.lists.values()
    assert (before.movies, made.movies) == ([], [5])
    assert desk.get(f"/api/lists/{created['list_id']}")["tmdb_list_id"] == made.id


def test_changes_whose_answer_was_lost_are_done_once(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    for act in (desk.add, desk.remove):
        desk.tmdb.lost.append(Reply(200, {}, cut_after=0))
        told = act(user, made["id"], 653)
        assert told["status"] == "queued"
        desk.settled()
        assert desk.operation(told["operation_id"])["status"] == "completed"
    desk.tmdb.lost.append(Reply(500, {}))
    deleted = desk.ask("DELETE", f"/api/lists/{made['id']}?tmdb_user_id={user}", 202)
    desk.settled()
    assert desk.operation(deleted["operation_id"])["status"] == "completed"
    assert desk.tmdb.lists == {}


def test_a_request_to_slow_down_is_honoured_and_uses_no_attempt(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    too_many = {
        "success": False,
        "status_code": 25,
        "status_message": "Your request count is over the limit.",
    }
    desk.tmdb.faults.append(Reply(429, too_many, {"Retry-After": "77"}))
    told = desk.add(user, made["id"], 653)
    operation = desk.tried(told["operation_id"], 1)
    assert 75 <= wait_of(operation) <= 78
    with desk.runtime.transaction() as session:
        item = sa.text("SELECT attempt FROM queue_items ORDER BY id DESC LIMIT 1")
        assert session.scalar(item) == 0
    desk.runtime.redis.delete("queueapp:rate:tmdb")
    desk.time_passes()
    desk.comes_to(told["operation_id"], "completed")


def test_a_refused_token_waits_for_a_person_and_goes_on_when_they_connect_again(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    desk.tmdb.tokens.clear()
    told = desk.add(user, made["id"], 653)
    also = desk.add(user, made["id"], 654)
    assert (told["status"], also["status"]) == ("queued", "queued")
    assert "connected again" in desk.operation(told["operation_id"])["error_message"]
    assert desk.get(f"/api/lists/users/{user}")["status"] == "refused"
    assert [one.kind for one in open_circuits(desk.runtime.redis)] == ["credentials"]
    asked = len(desk.tmdb.requests)
    desk.time_passes()
    desk.post("/api/lists/operations/process", 202)
    eventually(lambda: desk.operation(told["operation_id"])["scheduled_for"])
    assert len(desk.tmdb.requests) == asked
    begun = desk.post(f"/api/lists/users/{user}/reconnect", 200)
    desk.post(f"/api/lists/users/{user}/complete", 409)
    desk.tmdb.approve(begun["approve_url"].rpartition("=")[2])
    desk.post(f"/api/lists/users/{user}/complete", 200)
    desk.comes_to(also["operation_id"], "completed")
    assert desk.tmdb.lists[made["tmdb_list_id"]].movies == [653, 654]
    assert open_circuits(desk.runtime.redis) == []


def test_a_list_deleted_at_tmdb_fails_what_is_wished_of_it_at_once(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    desk.tmdb.outage = DOWN
    waiting = [desk.add(user, made["id"], movie)["operation_id"] for movie in (1, 2)]
    desk.tmdb.lists.clear()
    desk.tmdb.outage = None
    desk.settled()
    for operation_id in waiting:
        operation = desk.operation(operation_id)
        assert (operation["status"], operation["error_message"]) == (
            "failed", "“Watchlist” is gone: it does not exist at TMDB any more",
        )  # fmt: skip
    desk.post(f"/api/lists/{made['id']}/items", 404, json={"tmdb_user_id": user, "movie_id": 3})


def test_a_film_that_tmdb_does_not_know_is_refused_in_words(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    body = {"tmdb_user_id": user, "movie_id": desk.tmdb.unknown_from + 1}
    problem = desk.post(f"/api/lists/{made['id']}/items", 422, json=body)
    assert problem["code"] == "refused_by_tmdb"
    assert "could not be found" in problem["detail"]
    assert desk.operation(problem["operation_id"])["status"] == "failed"
