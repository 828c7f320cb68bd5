"""Lists at TMDB through the API, with a real worker: TMDB answers."""

from __future__ import annotations

from tests.integration.lists.conftest import Desk


def test_all_six_operations_are_done_at_once_when_tmdb_answers(desk: Desk) -> None:
    user = desk.connect()
    made = desk.new_list(user)
    on = desk.tmdb.lists[made["tmdb_list_id"]]
    assert (made["status"], made["name"], on.name) == ("completed", "Watchlist", "Watchlist")
    added = desk.add(user, made["id"], 653)
    assert (added["status"], added["movie_id"], added["changed"], on.movies) == (
        "completed",
        653,
        True,
        [653],
    )
    assert desk.add(user, made["id"], 653)["changed"] is False
    desk.add(user, made["tmdb_list_id"], 654)
    desk.remove(user, made["id"], 653)
    assert on.movies == [654]
    desk.ask(
        "PATCH", f"/api/lists/{made['id']}", 200, json={"tmdb_user_id": user, "name": "Seen", "public": False}
    )
    assert (on.name, on.public) == ("Seen", False)
    desk.post(f"/api/lists/{made['id']}/clear", 200, json={"tmdb_user_id": user})
    assert on.movies == []
    desk.ask("DELETE", f"/api/lists/{made['id']}?tmdb_user_id={user}", 200)
    assert desk.tmdb.lists == {}
    desk.ask("GET", f"/api/lists/{made['id']}", 404)
