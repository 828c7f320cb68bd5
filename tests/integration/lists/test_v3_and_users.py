"""Lists by TMDB's v3 with its habits, and connecting people by either API."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from tests.integration.lists.conftest import Desk
from tests.servers.loopback import Reply


def test_v3_does_all_but_changing_a_list(desk: Desk) -> None:
    user = desk.connect("v3")
    made = desk.new_list(user, "Third")
    [on] = desk.tmdb.lists.values()
    for movie in (1, 2, 1):
        desk.add(user, made["id"], movie)
    assert on.movies == [1, 2]
    assert desk.remove(user, made["id"], 1)["message"] == "removed"
    assert desk.remove(user, made["id"], 1)["message"] == "it was not on the list"
    problem = desk.ask("PATCH", f"/api/lists/{made['id']}", 409, json={"tmdb_user_id": user, "name": "X"})
    assert "v3" in problem["detail"]
    desk.post(f"/api/lists/{made['id']}/clear", 200, json={"tmdb_user_id": user})
    assert on.movies == []
    unknown = {"tmdb_user_id": user, "movie_id": desk.tmdb.unknown_from}
    assert "knows no film" in desk.post(f"/api/lists/{made['id']}/items", 422, json=unknown)["detail"]


def test_a_v3_deletion_that_answers_500_is_believed_when_the_list_is_gone(desk: Desk) -> None:
    user = desk.connect("v3")
    made = desk.new_list(user)
    desk.tmdb.delete_answers_500 = True
    desk.ask("DELETE", f"/api/lists/{made['id']}?tmdb_user_id={user}", 200)
    assert desk.tmdb.lists == {}
    other = desk.new_list(user, "Other")
    desk.tmdb.faults.append(
        Reply(500, {"success": False, "status_code": 11, "status_message": "Internal error"})
    )
    told = desk.ask("DELETE", f"/api/lists/{other['id']}?tmdb_user_id={user}", 202)
    assert desk.tried(told["operation_id"], 1)["status"] == "pending"
    desk.settled()
    assert desk.tmdb.lists == {}


@pytest.mark.parametrize("kind", ["v4", "v3"])
def test_a_creation_whose_answer_was_lost_is_found_by_its_name(desk: Desk, kind: str) -> None:
    user = desk.connect(kind)
    desk.tmdb.lost.append(Reply(502, b""))
    created = desk.post("/api/lists", 202, json={"tmdb_user_id": user, "name": "Once"})
    desk.settled()
    [made] = desk.tmdb.lists.values()
    assert desk.get(f"/api/lists/{created['list_id']}")["tmdb_list_id"] == made.id


@pytest.mark.parametrize("kind", ["v4", "v3"])
def test_a_person_is_connected_by_their_approval_and_their_token_is_never_shown(
    desk: Desk, kind: str
) -> None:
    begun = desk.post("/api/lists/users", 201, json={"kind": kind})
    assert begun["status"] == "pending"
    assert begun["approve_url"].startswith(desk.tmdb.url)
    desk.post("/api/lists", 409, json={"tmdb_user_id": begun["id"], "name": "Too early"})
    assert "approval" in desk.post(f"/api/lists/users/{begun['id']}/complete", 409)["detail"]
    [request_token] = desk.tmdb.requested
    desk.tmdb.approve(request_token)
    done = desk.post(f"/api/lists/users/{begun['id']}/complete", 200)
    assert (done["status"], done["account_id"], done["kind"]) == ("connected", "7700", kind)
    desk.post(f"/api/lists/users/{begun['id']}/complete", 409)
    desk.new_list(begun["id"])
    [token] = desk.tmdb.tokens
    paths = ("/api/lists/users", "/api/lists", "/api/lists/operations", "/api/queues")
    shown = json.dumps([desk.get(path) for path in paths])
    assert token not in shown
    assert request_token not in shown
    with desk.runtime.transaction() as session:
        kept = session.scalars(sa.text("SELECT row_to_json(i)::text FROM queue_items i")).all()
        audit = session.scalars(sa.text("SELECT row_to_json(a)::text FROM audit_log a")).all()
    assert token not in "".join([*kept, *audit])
    desk.ask("DELETE", f"/api/lists/users/{begun['id']}", 204)
    assert desk.tmdb.tokens == {}
    assert desk.get("/api/lists/users")["users"] == []
    assert desk.get("/api/lists/operations")["total"] == 0


def test_connecting_a_known_account_anew_gives_it_the_new_token(desk: Desk) -> None:
    user = desk.connect()
    on = desk.new_list(user)["id"]
    desk.tmdb.tokens.clear()
    waiting = desk.add(user, on, 1)["operation_id"]
    assert desk.connect() == user
    desk.comes_to(waiting, "completed")
    assert desk.get("/api/lists/users")["total"] == 1


def test_lists_that_an_account_has_are_taken_in_and_can_be_used(desk: Desk) -> None:
    old = desk.tmdb.new_list("7700", "Old", [5])
    user = desk.connect()
    desk.comes_true(lambda: desk.get("/api/lists")["total"] == 1)
    [found] = desk.get("/api/lists")["lists"]
    assert (found["name"], found["tmdb_list_id"], found["item_count"]) == ("Old", old.id, 1)
    newer = desk.tmdb.new_list("7700", "Newer")
    assert desk.add(user, newer.id, 6)["status"] == "completed"
    del desk.tmdb.lists[old.id]
    desk.post(f"/api/lists/users/{user}/refresh", 202)
    assert {one["type"] for one in desk.get("/api/queues")["tasks"]} == {"refresh_lists", "list_operation"}
    desk.comes_true(lambda: [one["name"] for one in desk.get("/api/lists")["lists"]] == ["Newer"])
    desk.post("/api/lists/77/items", 404, json={"tmdb_user_id": user, "movie_id": 1})


def test_connecting_says_what_is_missing_or_away(desk: Desk) -> None:
    desk.tmdb.outage = Reply(503, {})
    answer = desk.client.post("/api/lists/users", json={})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "provider_unavailable")
    desk.tmdb.outage = None
    settings = desk.runtime.settings
    without = {"tmdb": settings.tmdb.model_copy(update={"access_token": None})}
    desk.runtime.settings = settings.model_copy(update=without)
    try:
        assert "tmdb.access_token" in desk.post("/api/lists/users", 409)["detail"]
    finally:
        desk.runtime.settings = settings
    desk.post("/api/lists/users", 422, json={"kind": "v5"})
    desk.post("/api/lists/users/999/complete", 404)


def test_a_viewer_may_look_and_not_wish(desk: Desk, viewer_key: str) -> None:
    client = desk.client.application.test_client()
    client.environ_base["HTTP_X_API_KEY"] = viewer_key
    for path in ("/api/lists", "/api/lists/users", "/api/lists/operations", "/api/lists/processor", "/lists"):
        assert client.get(path).status_code == 200, path
    assert client.post("/api/lists", json={"tmdb_user_id": 1, "name": "A"}).status_code == 403
    assert client.put("/api/lists/processor", json={"enabled": False}).status_code == 403
