"""/api/lists: lists at TMDB. Every change is a task; one that TMDB takes at once is answered at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import BaseModel, Field, StringConstraints, ValidationError, model_validator

from queueapp import errors
from queueapp.models.list_operation import ListOperationType as Kind
from queueapp.operations import field_errors
from queueapp.services.lists import known, outcome
from queueapp.services.lists.ask import ask
from queueapp.services.lists.known import ListView
from queueapp.services.lists.operation_views import ListOperationStatus, Row
from queueapp.services.lists.wishes import Wish
from queueapp.strict_json import NOT_BLANK
from webui import audit_trail
from webui.api.resource import Body, Id, IdCursor, OptionalBody, PageQuery, Query, Resource, answer, says
from webui.context import runtime
from webui.errors import problem
from webui.security import current_user, requires

api = Resource("lists", "Lists at TMDB, and what people wish of them.", prefix="/api/lists")

#: The largest number TMDB can mean.
MovieId = Annotated[int, Field(ge=1, lt=2**31, description="TMDB's id of the film")]
UserId = Annotated[
    int, Field(ge=1, lt=10**18, description="The connected TMDB user, by the id of /api/lists/users")
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NOT_BLANK)
]
Order = Literal[
    "original_order.asc", "original_order.desc", "vote_average.asc", "vote_average.desc",
    "primary_release_date.asc", "primary_release_date.desc", "title.asc", "title.desc",
]  # fmt: skip


class ListPath(BaseModel):
    """Names a list."""

    list_id: Annotated[int, Field(ge=1, lt=10**18, description="Our id of the list, or TMDB's")]


class ListItemPath(ListPath):
    """Names a film on a list."""

    movie_id: MovieId


class UserQuery(Query):
    """Whose list it is."""

    tmdb_user_id: UserId | None = Field(
        None, description="The connected TMDB user; may be in the body instead"
    )


class UserBody(OptionalBody):
    """Whose list it is."""

    tmdb_user_id: UserId | None = Field(None, description="The connected TMDB user")


class NewList(Body):
    """A list to create."""

    tmdb_user_id: UserId
    name: Name
    description: str | None = Field(None, max_length=2000)
    public: bool | None = Field(
        None, description="Whether others may see it; TMDB's default is that they may"
    )
    sort_by: Order | None = None
    iso_639_1: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = Field(
        None, description="Language; that of the settings unless given"
    )


class ListChanges(Body):
    """What to change of a list; what is not given stays."""

    model_config = says("name", "description", "public", "sort_by")

    tmdb_user_id: UserId
    name: Name | None = None
    description: str | None = Field(None, max_length=2000)
    public: bool | None = None
    sort_by: Order | None = None

    @model_validator(mode="after")
    def _something(self) -> ListChanges:
        if not self.wish():
            raise ValueError("give at least one of name, description, public, sort_by")
        return self

    def wish(self) -> dict[str, Any]:
        """The fields to change."""
        return self.model_dump(mode="json", exclude={"tmdb_user_id"}, exclude_none=True)


class NewItem(Body):
    """A film to put on a list."""

    tmdb_user_id: UserId
    movie_id: MovieId


class ListDone(BaseModel):
    """TMDB has done it."""

    status: Literal["completed"] = "completed"
    operation_id: int
    id: int = Field(description="Our id of the list")
    tmdb_list_id: int | None = Field(description="TMDB's id of the list")
    tmdb_user_id: int
    name: str | None
    movie_id: int | None = Field(description="The film, for an item")
    changed: bool = Field(description="false when it was so already")
    message: str


class ListQueued(BaseModel):
    """It is done later, in order; GET /api/lists/operations/{operation_id} tells how far it is."""

    status: Literal["queued"] = "queued"
    operation_id: int
    list_id: int = Field(description="Our id of the list, good before TMDB has created it")


class ListsQuery(PageQuery):
    """Whose lists, and which page of them."""

    user_id: Id | None = Field(None, description="Only the lists of this TMDB user")
    cursor: IdCursor | None = Field(None, description="The next_cursor of the page before")


class Lists(BaseModel):
    """A page of lists."""

    lists: list[ListView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


@api.get("", responses={200: Lists})
@requires("viewer")
def list_lists(query: ListsQuery) -> Response:
    """List what lists are known here, newest first."""
    with runtime().transaction() as session:
        before = int(query.cursor) if query.cursor else None
        found, total = known.list_lists(session, query.user_id, query.limit + 1, query.offset, before)
    shown = found[: query.limit]
    following = str(shown[-1].id) if len(found) > query.limit else None
    page = Lists(lists=shown, total=total, limit=query.limit, offset=query.offset, next_cursor=following)
    return answer(page)


@api.post("", responses={201: ListDone, 202: ListQueued})
@requires("admin")
def create_list(body: NewList) -> Response:
    """Create a list: 201 when TMDB has within two seconds, else 202."""
    data = body.model_dump(mode="json", exclude={"tmdb_user_id"}, exclude_none=True)
    return _do(body.tmdb_user_id, None, Wish(Kind.CREATE_LIST, data=data))


@api.get("/<id:list_id>", responses={200: ListView})
@requires("viewer")
def get_list(path: ListPath) -> Response:
    """Read what is known of one list."""
    with runtime().transaction() as session:
        return answer(known.get_list(session, path.list_id))


@api.patch("/<id:list_id>", responses={200: ListDone, 202: ListQueued})
@requires("admin")
def update_list(path: ListPath, body: ListChanges) -> Response:
    """Change a list: 200 when TMDB has within two seconds, else 202. v3 users cannot (409)."""
    return _do(body.tmdb_user_id, path.list_id, Wish(Kind.UPDATE_LIST, data=body.wish()))


@api.delete("/<id:list_id>", responses={200: ListDone, 202: ListQueued})
@requires("admin")
def delete_list(path: ListPath, query: UserQuery) -> Response:
    """Delete a list; what else was wished of it and waits is cancelled."""
    return _do(_user(query.tmdb_user_id), path.list_id, Wish(Kind.DELETE_LIST))


@api.post("/<id:list_id>/clear", responses={200: ListDone, 202: ListQueued})
@requires("admin")
def clear_list(path: ListPath, query: UserQuery, body: UserBody) -> Response:
    """Take everything off a list; what waits to be put on it or taken off is cancelled."""
    return _do(_user(body.tmdb_user_id or query.tmdb_user_id), path.list_id, Wish(Kind.CLEAR_LIST))


@api.post("/<id:list_id>/items", responses={200: ListDone, 202: ListQueued})
@requires("admin")
def add_item(path: ListPath, body: NewItem) -> Response:
    """Put a film on a list; one that is on it already is done with."""
    return _do(body.tmdb_user_id, path.list_id, Wish(Kind.ADD_ITEM, body.movie_id))


@api.delete("/<id:list_id>/items/<id:movie_id>", responses={200: ListDone, 202: ListQueued})
@requires("admin")
def remove_item(path: ListItemPath, query: UserQuery) -> Response:
    """Take a film off a list; one that is not on it is done with."""
    return _do(_user(query.tmdb_user_id), path.list_id, Wish(Kind.REMOVE_ITEM, path.movie_id))


def _user(given: int | None) -> int:
    """The user of a request whose query may leave it to its body. Raises BadPayload when neither names one."""
    if given is not None:
        return given
    body = request.get_json(silent=True) if request.is_json else None
    try:
        found = UserBody.model_validate(body).tmdb_user_id
    except ValidationError as error:
        raise errors.BadPayload("the request does not fit", field_errors(error)) from None
    if found is None:
        raise errors.BadPayload("no user", [{"loc": ["tmdb_user_id"], "msg": "is needed"}])
    return found


def _do(user_id: int, list_id: int | None, wish: Wish) -> Response:
    asked = ask(runtime(), user_id, list_id, wish, current_user.who)
    audit_trail.add_detail(operation_id=asked.operation_id)
    found = outcome.wait_for(runtime(), asked.operation_id, 0 if asked.held else outcome.WAIT_SECONDS)
    return _answer(found, 201 if wish.kind is Kind.CREATE_LIST else 200)


def _answer(found: Row, done: int) -> Response:
    view = found.view
    match view.status:
        case ListOperationStatus.COMPLETED:
            result = found.result or {}
            return answer(
                ListDone(
                    operation_id=view.id,
                    id=found.list_id,
                    tmdb_list_id=view.tmdb_list_id,
                    tmdb_user_id=view.tmdb_user_id,
                    name=found.list_name,
                    movie_id=result.get("movie_id"),
                    changed=bool(result.get("changed", True)),
                    message=str(result.get("message", "done")),
                ),
                done,
                {"Location": f"/api/lists/{found.list_id}"} if done == 201 else None,
            )
        case ListOperationStatus.FAILED:
            gone = found.error_type == "ListMissing"
            status, code = (404, "list_gone") if gone else (422, "refused_by_tmdb")
            return problem(status, code, view.error_message, operation_id=view.id)
        case ListOperationStatus.CANCELLED:
            return problem(409, "cancelled", view.error_message, operation_id=view.id)
        case _:
            where = {"Location": f"/api/lists/operations/{view.id}"}
            return answer(ListQueued(operation_id=view.id, list_id=found.list_id), 202, where)
