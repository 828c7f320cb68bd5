"""/api/webhooks: what Radarr and Sonarr sent, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import Response, current_app
from pydantic import BaseModel, Field

from queueapp.models.webhook import Origin, Outcome
from queueapp.services.arr import webhooks
from queueapp.services.arr.webhooks import WebhookDetail, WebhookFilter, WebhookPage
from webui import webhook_intake
from webui.api.queue_models import Time
from webui.api.resource import Id, IdCursor, OneOf, PageQuery, Resource, Words, answer
from webui.context import runtime
from webui.security import requires

api = Resource("webhooks", "What Radarr and Sonarr sent.", prefix="/api/webhooks")

Outcomes = Annotated[Words, OneOf(Outcome)]
Origins = Annotated[Words, OneOf(Origin)]


class WebhookPath(BaseModel):
    """Names one webhook."""

    webhook_id: Id


class WebhookQuery(PageQuery):
    """Which webhooks to list."""

    source: Words = Field(default_factory=list, description="radarr, sonarr, or a downloader's name")
    event: Words = Field(default_factory=list, description="Such as Download or Health")
    outcome: Outcomes = Field(default_factory=list, description="What came of them")
    origin: Origins = Field(default_factory=list, description="How they came")
    task_id: Id | None = Field(default=None, description="Those that this task does")
    q: str = Field(default="", max_length=200, description="A part of the title")
    since: Time | None = Field(default=None, description="Received then or later")
    until: Time | None = Field(default=None, description="Received before")
    cursor: IdCursor | None = Field(default=None, description="`next_cursor` of the page before")

    def filter(self) -> WebhookFilter:
        """The conditions."""
        return WebhookFilter(
            source=self.source,
            event=self.event,
            outcome=[Outcome(one) for one in self.outcome],
            origin=[Origin(one) for one in self.origin],
            task_id=self.task_id,
            q=self.q.strip(),
            since=self.since,
            until=self.until,
        )


class SpoolView(BaseModel):
    """Webhooks that wait on this host's disk for the database."""

    waiting: int
    oldest_at: datetime | None
    damaged: int = Field(description="Files that cannot be read, put aside")


class ReceivedPage(WebhookPage):
    """Some of the webhooks, newest first, and what is not on record yet."""

    spool: SpoolView


@api.get("", responses={200: ReceivedPage})
@requires("viewer")
def list_webhooks(query: WebhookQuery) -> Response:
    """List what was received, newest first."""
    with runtime().transaction() as session:
        page = webhooks.list_webhooks(
            session, query.filter(), limit=query.limit, offset=query.offset, cursor=query.cursor
        )
    health = webhook_intake.of(current_app).spool.health()
    spool = SpoolView(waiting=health.waiting, oldest_at=health.oldest_at, damaged=health.damaged)
    return answer(ReceivedPage(**dict(page), spool=spool))


@api.get("/<id:webhook_id>", responses={200: WebhookDetail})
@requires("viewer")
def get_webhook(path: WebhookPath) -> Response:
    """Read one webhook with its payload."""
    with runtime().transaction() as session:
        return answer(webhooks.get_webhook(session, path.webhook_id))


@api.post("/<id:webhook_id>/replay", responses={202: WebhookDetail})
@requires("admin")
def replay_webhook(path: WebhookPath) -> Response:
    """Act on a webhook again, as if it came now; answers with the new one on record."""
    view = webhooks.replay(runtime(), path.webhook_id)
    return answer(view, 202, {"Location": f"/api/webhooks/{view.id}"})
