"""/api/views: filters of the task list, kept by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from queueapp.models.saved_view import SavedView
from queueapp.services import views
from queueapp.strict_json import NOT_BLANK
from webui.api.queue_models import TaskFilterBody
from webui.api.resource import Body, Id, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, by_name
from webui.context import runtime
from webui.security import current_user, requires

api = Resource(
    "views",
    "Filters of the task list, kept by name by admins, for themselves or for everybody.",
    prefix="/api/views",
)


class ViewPath(BaseModel):
    """Names one view."""

    view_id: Id


class FilterBody(Body):
    """What is kept: a query string, or the same as an object."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"properties": {name: {"type": "null"}}} for name in ("query", "filter")]
        }
    )

    query: str | None = Field(
        default=None,
        max_length=views.MAX_QUERY,
        description="As in the address of the task list, without '?'",
    )
    filter: TaskFilterBody | None = Field(
        default=None, description="In place of `query`: the filters of GET /api/queues"
    )

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.query is not None and self.filter is not None:
            raise ValueError("give either query or filter")
        return self

    def text(self) -> str | None:
        """The query string; None when neither is given."""
        return self.query if self.filter is None else _query_of(self.filter)


class NewView(FilterBody):
    """A view to keep."""

    name: str = Field(
        min_length=1, max_length=views.MAX_NAME, pattern=NOT_BLANK, description="Unique among one's own"
    )
    shared: bool = Field(default=False, description="Whether everybody sees it")


class ViewChange(FilterBody):
    """What to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=views.MAX_NAME, pattern=NOT_BLANK)
    shared: bool | None = None


class ViewView(BaseModel):
    """A view as it is kept."""

    id: int
    name: str
    owner: str
    mine: bool = Field(description="Whether it is the caller's own")
    shared: bool
    query: str
    filter: dict[str, Any] = Field(description="The query, read")
    created_at: datetime
    updated_at: datetime


class ViewList(SmallList):
    """One's own views and those that others share."""

    views: list[ViewView]


@api.get("", responses={200: ViewList})
@requires("viewer")
def list_views(query: SmallListQuery) -> Response:
    """List one's own views and those that others share."""
    with runtime().transaction() as session:
        found = [_view(one) for one in views.list_views(session, current_user.who)]
    cut = Cut(found, query, by_name)
    return answer(ViewList(views=cut.shown, **cut.page))


@api.post("", responses={201: ViewView})
@requires("admin")
def add_view(body: NewView) -> Response:
    """Keep a filter by name; 409 when the caller has one of that name."""
    with runtime().transaction() as session:
        made = views.add_view(
            session, current_user.who, name=body.name, query=body.text() or "", shared=body.shared
        )
        view = _view(made)
    return answer(view, 201, {"Location": f"{request.script_root}/api/views/{view.id}"})


@api.get("/<id:view_id>", responses={200: ViewView})
@requires("viewer")
def get_view(path: ViewPath) -> Response:
    """Read one view."""
    with runtime().transaction() as session:
        return answer(_view(views.get_view(session, current_user.who, path.view_id)))


@api.patch("/<id:view_id>", responses={200: ViewView})
@requires("admin")
def change_view(path: ViewPath, body: ViewChange) -> Response:
    """Change a view of one's own, or one that another shares."""
    with runtime().transaction() as session:
        changed = views.change_view(
            session, current_user.who, path.view_id, name=body.name, query=body.text(), shared=body.shared
        )
        return answer(_view(changed))


@api.delete("/<id:view_id>", responses={204: None})
@requires("admin")
def delete_view(path: ViewPath) -> Response:
    """Forget a view of one's own, or one that another shares."""
    with runtime().transaction() as session:
        views.delete_view(session, current_user.who, path.view_id)
    return Response(status=204)


def _view(row: SavedView) -> ViewView:
    read = parse_qs(row.query)
    return ViewView(
        id=row.id,
        name=row.name,
        owner=row.owner,
        mine=row.owner == current_user.who,
        shared=row.shared,
        query=row.query,
        filter={name: values if len(values) > 1 else values[0] for name, values in read.items()},
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _query_of(chosen: TaskFilterBody) -> str:
    given = chosen.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return urlencode(given, doseq=True)
