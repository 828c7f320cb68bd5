"""Whatever TMDB does for an hour: in the end a list is exactly what its owner asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from queueapp.models.tmdb_user import TmdbUser, TmdbUserKind, TmdbUserStatus
from tests.integration.lists.conftest import Desk
from tests.servers.loopback import GARBAGE, Reply

DOWN = [Reply(503, {}), Reply(500, b"<html>"), GARBAGE, Reply(200, {}, cut_after=0)]
FILMS = st.integers(1, 4)
#: What happens: a wish, a change of TMDB's mood, the passing of time, a change of mind.
STEPS = st.one_of(
    st.tuples(st.sampled_from(["add", "add", "remove"]), FILMS),
    st.tuples(st.sampled_from(["clear", "tick", "up"]), st.just(0)),
    st.tuples(st.just("rename"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["down", "lose", "cancel"]), st.integers(0, 3)),
)
_accounts = count(1)


@dataclass
class Wishes:
    """What was asked for: films on the list, those on which nobody can rely after a cancel, and its name."""

    films: dict[int, bool] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    name: str | None = "First"

    def film(self, movie: int, there: bool) -> None:
        """A film is wished on the list or off it."""
        self.films[movie] = there
        self.open.discard(movie)

    def cancelled(self, operation: dict[str, Any]) -> None:
        """A wish was taken back, whatever a lost try of it has done."""
        match operation["operation_type"]:
            case "update_list":
                self.name = None
            case "clear_list":
                self.open |= set(self.films)
            case _:
                self.open.add(operation["operation_data"]["movie_id"])


@given(steps=st.lists(STEPS, min_size=4, max_size=14))
@settings(
    max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_in_the_end_the_list_is_what_was_asked_for(desk: Desk, steps: list[tuple[str, int]]) -> None:
    user = connected(desk)
    desk.tmdb.outage, wishes = None, Wishes()
    desk.tmdb.lost.clear()
    answer = desk.post("/api/lists", (201, 202), json={"tmdb_user_id": user, "name": "First"})
    list_id = answer.get("list_id") or answer["id"]
    for what, which in steps:
        step(desk, user, list_id, wishes, what, which)
    desk.tmdb.outage = None
    desk.settled()
    made = desk.tmdb.lists[desk.get(f"/api/lists/{list_id}")["tmdb_list_id"]]
    sure = {movie for movie, there in wishes.films.items() if there} - wishes.open
    assert set(made.movies) - wishes.open == sure
    assert len(made.movies) == len(set(made.movies))
    assert wishes.name in (None, made.name)
    assert [one.account for one in desk.tmdb.lists.values()].count(made.account) == 1
    statuses = {one["status"] for one in desk.get(f"/api/lists/operations?user_id={user}")["operations"]}
    assert statuses <= {"completed", "cancelled"}


def step(desk: Desk, user: int, list_id: int, wishes: Wishes, what: str, which: int) -> None:
    """Do one step, and note what is wished by it."""
    body = {"tmdb_user_id": user}
    match what:
        case "add":
            desk.add(user, list_id, which)
            wishes.film(which, True)
        case "remove":
            desk.remove(user, list_id, which)
            wishes.film(which, False)
        case "clear":
            desk.post(f"/api/lists/{list_id}/clear", (200, 202), json=body)
            for movie in range(1, 5):
                wishes.film(movie, False)
        case "rename":
            wishes.name = f"Name {which}"
            desk.ask("PATCH", f"/api/lists/{list_id}", (200, 202), json={**body, "name": wishes.name})
        case "down":
            desk.tmdb.outage = DOWN[which]
        case "up":
            desk.tmdb.outage = None
        case "lose":
            desk.tmdb.lost.append(DOWN[which])
        case "tick":
            desk.time_passes()
        case "cancel":
            cancel(desk, user, wishes, which)


def cancel(desk: Desk, user: int, wishes: Wishes, which: int) -> None:
    """Take back one of the wishes that wait, but not the list itself."""
    pending = desk.get(f"/api/lists/operations?user_id={user}&status=pending")["operations"]
    chosen = [one for one in pending if one["operation_type"] != "create_list"]
    if chosen:
        operation = chosen[which % len(chosen)]
        answer = desk.post(f"/api/lists/operations/{operation['id']}/cancel", (200, 409))
        if answer["status"] == "cancelled":
            wishes.cancelled(operation)


def connected(desk: Desk) -> int:
    """A person with an account of their own, connected at once."""
    account = f"a{next(_accounts)}"
    token = desk.tmdb.grant(account)
    with desk.runtime.transaction() as session:
        user = TmdbUser(
            kind=TmdbUserKind.V4, account_id=account, access_token=token, status=TmdbUserStatus.CONNECTED
        )
        session.add(user)
        session.flush()
        return user.id
