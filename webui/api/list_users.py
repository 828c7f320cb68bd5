"""/api/lists/users: the people whose lists at TMDB are kept here. Tokens go in by TMDB and never come out."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from queueapp.services.lists import accounts, acts
from queueapp.services.lists.account_views import Connection, NewTmdbUser, TmdbUserView, Url
from webui.api.resource import Id, OptionalBody, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery
from webui.context import runtime
from webui.idempotency import answers_with_a_secret
from webui.security import current_user, requires

api = Resource("list users", "People whose lists at TMDB are kept here.", prefix="/api/lists/users")


class TmdbUserPath(BaseModel):
    """Names one TMDB user."""

    user_id: Id


class TmdbUsers(SmallList):
    """All TMDB users."""

    users: list[TmdbUserView]


class RefreshStarted(BaseModel):
    """The task that does it."""

    task_id: int


class NewConnection(NewTmdbUser, OptionalBody):
    """A person to connect; nothing is needed to begin."""


class Reconnection(OptionalBody):
    """How to connect again."""

    redirect_to: Url | None = Field(None, description="Where TMDB sends the person after the approval")


@api.get("", responses={200: TmdbUsers})
@requires("viewer")
def list_users(query: SmallListQuery) -> Response:
    """List the TMDB users."""
    with runtime().transaction() as session:
        users = accounts.list_users(session)
    cut = Cut(users, query, lambda user: (user.id,))
    return answer(TmdbUsers(users=cut.shown, **cut.page))


@api.post("", responses={201: Connection})
@requires("admin")
@answers_with_a_secret
def connect_user(body: NewConnection) -> Response:
    """Begin to connect a person: they approve at `approve_url`, then POST …/complete."""
    new = NewTmdbUser(**body.model_dump())
    connection = accounts.connect(runtime(), new)
    return answer(connection, 201, {"Location": f"/api/lists/users/{connection.id}"})


@api.get("/<id:user_id>", responses={200: TmdbUserView})
@requires("viewer")
def get_user(path: TmdbUserPath) -> Response:
    """Read one TMDB user."""
    with runtime().transaction() as session:
        return answer(accounts.get_user(session, path.user_id))


@api.post("/<id:user_id>/complete", responses={200: TmdbUserView})
@requires("admin")
def complete_user(path: TmdbUserPath) -> Response:
    """Exchange the approval for an access token; 409 before the person has approved.

    An account that is connected already takes the new token over, and its operations go on.
    """
    return answer(acts.complete_connection(runtime(), path.user_id))


@api.post("/<id:user_id>/reconnect", responses={200: Connection})
@requires("admin")
@answers_with_a_secret
def reconnect_user(path: TmdbUserPath, body: Reconnection) -> Response:
    """Begin to connect a known person again, whose token TMDB refuses."""
    return answer(accounts.reconnect(runtime(), path.user_id, body.redirect_to))


@api.post("/<id:user_id>/refresh", responses={202: RefreshStarted})
@requires("admin")
def refresh_user(path: TmdbUserPath) -> Response:
    """Take in what lists the person has at TMDB, as a task."""
    return answer(RefreshStarted(task_id=acts.refresh(runtime(), path.user_id, current_user.who)), 202)


@api.delete("/<id:user_id>", responses={204: None})
@requires("admin")
def remove_user(path: TmdbUserPath) -> Response:
    """Forget a person: what waits is cancelled, their lists and operations are forgotten, those at TMDB stay."""
    acts.remove_user(runtime(), path.user_id, current_user.who)
    return Response(status=204)
