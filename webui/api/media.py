"""/api/media: the titles that were found."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field

from queueapp.models.media import MatchState, MediaKind, MediaStatus
from queueapp.services.title import expected_views, media
from queueapp.services.title.expected_views import ExpectedPage
from queueapp.services.title.media import MediaFilter
from queueapp.services.title.media_views import MediaDetail, MediaPage
from webui.api.resource import Id, IdCursor, OneOf, Opaque, PageQuery, Resource, Words, answer
from webui.context import runtime
from webui.security import requires

api = Resource("media", "Films, series, seasons and episodes.", prefix="/api/media")

Kinds = Annotated[Words, OneOf(MediaKind)]
Statuses = Annotated[Words, OneOf(MediaStatus)]
MatchStates = Annotated[Words, OneOf(MatchState)]


class MediaPath(BaseModel):
    """Names one title."""

    media_id: Id


class MediaQuery(PageQuery):
    """Which titles to list."""

    q: str = Field(default="", max_length=200, description="A part of the title")
    library_id: Id | None = None
    kind: Kinds = Field(default_factory=list, description="By default films and shows")
    status: Statuses = Field(default_factory=list, description="By default those that are present")
    match_state: MatchStates = Field(default_factory=list, description="How surely the provider's title fits")
    parent_id: Id | None = Field(default=None, description="The seasons of a show, the episodes of a season")
    order_by: Literal["title", "added_at", "year"] = "title"
    cursor: Opaque | None = Field(default=None, description="next_cursor of the page before")

    def filter(self) -> MediaFilter:
        """The conditions; below a parent, titles of every kind."""
        usual = MediaFilter()
        return MediaFilter(
            library_id=self.library_id,
            kind=[MediaKind(word) for word in self.kind] or (() if self.parent_id else usual.kind),
            status=[MediaStatus(word) for word in self.status] or usual.status,
            match_state=[MatchState(word) for word in self.match_state],
            parent_id=self.parent_id,
            q=self.q.strip(),
        )


@api.get("", responses={200: MediaPage})
@requires("viewer")
def list_media(query: MediaQuery) -> Response:
    """List titles."""
    with runtime().transaction() as session:
        page = media.list_media(
            session,
            query.filter(),
            limit=query.limit,
            offset=query.offset,
            order_by=query.order_by,
            cursor=query.cursor,
        )
    return answer(page)


class ExpectedQuery(PageQuery):
    """Which of the titles to come to list."""

    q: str = Field(default="", max_length=200, description="A part of the title")
    kind: Kinds = Field(default_factory=list, description="movie, show; by default both")
    cursor: IdCursor | None = Field(default=None, description="next_cursor of the page before")


@api.get("/expected", responses={200: ExpectedPage})
@requires("viewer")
def list_expected(query: ExpectedQuery) -> Response:
    """List the titles that Radarr and Sonarr were told to get and whose files have not come yet."""
    with runtime().transaction() as session:
        page = expected_views.list_expected(
            session,
            q=query.q.strip(),
            kinds=[MediaKind(word) for word in query.kind],
            limit=query.limit,
            offset=query.offset,
            cursor=query.cursor,
        )
    return answer(page)


@api.get("/<id:media_id>", responses={200: MediaDetail})
@requires("viewer")
def get_media(path: MediaPath) -> Response:
    """Read one title: metadata, files, streams, artwork and what was done to it."""
    with runtime().transaction() as session:
        return answer(media.get_media(session, path.media_id))
