"""Shows the titles that downloaders were told to get and whose files have not come yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from queueapp.models.downloader import Downloader
from queueapp.models.expected_title import ExpectedTitle
from queueapp.models.media import MatchState, MediaKind


class ExpectedView(BaseModel):
    """A film or series to come."""

    id: int
    kind: MediaKind
    status: str = Field("expected", description="Always `expected`: there is no file yet")
    title: str
    year: int | None
    tmdb_id: int | None
    imdb_id: str | None
    tvdb_id: int | None
    overview: str = Field(description="What it is about, by the provider")
    match_state: MatchState = Field(description="How surely the provider's title fits")
    downloader: str | None = Field(description="Who was told to get it")
    added_at: datetime
    described_at: datetime


class ExpectedPage(BaseModel):
    """Some of the titles to come, the newest first."""

    expected: list[ExpectedView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


def list_expected(
    session: Session,
    *,
    q: str = "",
    kinds: Sequence[MediaKind] = (),
    limit: int = 50,
    offset: int = 0,
    cursor: str | None = None,
) -> ExpectedPage:
    """The titles to come of these kinds whose name has these words; a cursor goes on behind the last one shown."""
    conditions: list[sa.ColumnElement[bool]] = []
    if q:
        conditions.append(ExpectedTitle.title.icontains(q, autoescape=True))
    if kinds:
        conditions.append(ExpectedTitle.kind.in_(kinds))
    total = session.scalar(sa.select(sa.func.count()).select_from(ExpectedTitle).where(*conditions)) or 0
    query = (
        sa.select(ExpectedTitle, Downloader.name)
        .outerjoin(Downloader, Downloader.id == ExpectedTitle.downloader_id)
        .where(*conditions)
        .order_by(ExpectedTitle.id.desc())
        .limit(limit + 1)
    )
    query = query.where(ExpectedTitle.id < int(cursor)) if cursor else query.offset(offset)
    rows = session.execute(query).all()
    views = [_view(title, downloader) for title, downloader in rows[:limit]]
    more = str(views[-1].id) if len(rows) > limit else None
    return ExpectedPage(expected=views, total=total, limit=limit, offset=offset, next_cursor=more)


def _view(title: ExpectedTitle, downloader: str | None) -> ExpectedView:
    return ExpectedView(
        id=title.id,
        kind=title.kind,
        title=title.title,
        year=title.year,
        tmdb_id=title.tmdb_id,
        imdb_id=title.imdb_id,
        tvdb_id=title.tvdb_id,
        overview=str(title.metadata_.get("plot") or ""),
        match_state=title.match_state,
        downloader=downloader,
        added_at=title.added_at,
        described_at=title.described_at,
    )
