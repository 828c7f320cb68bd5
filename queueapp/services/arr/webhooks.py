"""Received webhooks: list, look at, have acted on again, forget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import InstrumentedAttribute, Session

from queueapp import db, errors
from queueapp.models.expected_title import ExpectedTitle
from queueapp.models.task import Task
from queueapp.models.webhook import Origin, Outcome, Webhook
from queueapp.runtime import Runtime
from queueapp.services.arr import webhook_intake
from queueapp.services.arr.webhook_intake import Delivery
from queueapp.states import TaskStatus

#: Up to here totals are counted.
MAX_COUNT = 10_000
#: Longest a title is expected that never comes, in days.
EXPECTED_DAYS = 365


class WebhookView(BaseModel):
    """A webhook as it is listed."""

    id: int
    source: str = Field(description="What the address named: radarr, sonarr, or a downloader")
    downloader_id: int | None
    origin: Origin
    event: str
    title: str | None = Field(description="What it is about")
    received_at: datetime
    outcome: Outcome
    reason: str | None = Field(description="Why it was ignored, or what is to be said")
    task_id: int | None = Field(description="The task that does what it asks for")
    task_status: TaskStatus | None
    duplicate_of: int | None
    replay_of: int | None


class WebhookDetail(WebhookView):
    """A webhook with what it brought."""

    payload: Any = Field(description="The JSON as it came")


class WebhookPage(BaseModel):
    """Some of the webhooks, newest first."""

    webhooks: list[WebhookView]
    total: int
    total_is_estimate: bool = Field(description="There are more than were counted")
    limit: int
    offset: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class WebhookFilter:
    """Which webhooks to list."""

    source: Sequence[str] = ()
    event: Sequence[str] = ()
    outcome: Sequence[Outcome] = ()
    origin: Sequence[Origin] = ()
    task_id: int | None = None
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_webhooks(
    session: Session, wanted: WebhookFilter, *, limit: int = 50, offset: int = 0, cursor: str | None = None
) -> WebhookPage:
    """The webhooks that fit, newest first. Raises BadPayload for a cursor that is none."""
    fitting = _fitting(wanted)
    counted = sa.select(Webhook.id).where(*fitting).limit(MAX_COUNT + 1).subquery()
    total = session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    query = _viewed().where(*fitting).order_by(Webhook.id.desc()).limit(limit + 1)
    query = query.where(Webhook.id < _position(cursor)) if cursor else query.offset(offset)
    rows = session.execute(query).all()
    views = [_view(webhook, status) for webhook, status in rows[:limit]]
    return WebhookPage(
        webhooks=views,
        total=min(total, MAX_COUNT),
        total_is_estimate=total > MAX_COUNT,
        limit=limit,
        offset=offset,
        next_cursor=str(views[-1].id) if len(rows) > limit else None,
    )


def get_webhook(session: Session, webhook_id: int) -> WebhookDetail:
    """One webhook with its payload. Raises NotFound."""
    found = session.execute(_viewed().where(Webhook.id == webhook_id)).first()
    if found is None:
        raise errors.NotFound(f"there is no webhook {webhook_id}")
    webhook, status = found
    return WebhookDetail(**_view(webhook, status).model_dump(), payload=_payload(webhook.body))


def replay(runtime: Runtime, webhook_id: int) -> WebhookDetail:
    """Act on a webhook again as if it came now, whatever came of it before; returns the new one on record.

    Raises NotFound.
    """
    means = webhook_intake.means_of(runtime)
    with runtime.transaction() as session:
        old = session.get(Webhook, webhook_id)
        if old is None:
            raise errors.NotFound(f"there is no webhook {webhook_id}")
        delivery = Delivery(
            source=old.source,
            event=old.event,
            body=old.body,
            downloader_id=old.downloader_id,
            origin=Origin.REPLAY,
            replay_of=old.id,
        )
        new_id = webhook_intake.store(db.raw(session), delivery)
        new = session.get_one(Webhook, new_id)
        webhook_intake.act_on(session, means, new)
        session.flush()
        view = get_webhook(session, new.id)
    webhook_intake.dispatch(runtime, means)
    return view


def choices(session: Session) -> tuple[list[str], list[str]]:
    """The sources and the events that there are, by name."""

    def distinct(column: InstrumentedAttribute[str]) -> list[str]:
        return list(session.scalars(sa.select(column).distinct().order_by(column).limit(100)))

    return distinct(Webhook.source), distinct(Webhook.event)


def prune(session: Session, keep_days: int) -> int:
    """Forget webhooks older than that, and titles expected for a year; returns how many webhooks."""
    session.execute(
        sa.delete(ExpectedTitle).where(
            ExpectedTitle.added_at < sa.func.now() - sa.func.make_interval(0, 0, 0, EXPECTED_DAYS)
        )
    )
    old = sa.delete(Webhook).where(
        Webhook.received_at < sa.func.now() - sa.func.make_interval(0, 0, 0, keep_days),
        Webhook.outcome.not_in([Outcome.RECEIVED, Outcome.WAITING]),
    )
    return len(session.scalars(old.returning(Webhook.id)).all())


def _viewed() -> sa.Select[Any]:
    columns: sa.Select[Any] = sa.select(Webhook, Task.status)  # type: ignore[assignment]
    return columns.outerjoin(Task, Task.id == Webhook.task_id)


def _fitting(wanted: WebhookFilter) -> list[sa.ColumnElement[bool]]:
    fitting: list[sa.ColumnElement[bool]] = []
    for column, values in (
        (sa.func.lower(Webhook.source), [one.lower() for one in wanted.source]),
        (sa.func.lower(Webhook.event), [one.lower() for one in wanted.event]),
        (Webhook.outcome, list(wanted.outcome)),
        (Webhook.origin, list(wanted.origin)),
    ):
        if values:
            fitting.append(column.in_(values))
    if wanted.task_id is not None:
        fitting.append(Webhook.task_id == wanted.task_id)
    if wanted.q:
        fitting.append(Webhook.title.icontains(wanted.q, autoescape=True))
    if wanted.since is not None:
        fitting.append(Webhook.received_at >= wanted.since)
    if wanted.until is not None:
        fitting.append(Webhook.received_at < wanted.until)
    return fitting


def _position(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise errors.BadPayload(
            "bad cursor", [{"loc": ["query", "cursor"], "msg": "is no cursor of this list"}]
        )
    return int(cursor)


def _view(webhook: Webhook, status: TaskStatus | None) -> WebhookView:
    columns = {name: getattr(webhook, name) for name in WebhookView.model_fields if name != "task_status"}
    return WebhookView(**columns, task_status=status)


def _payload(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
