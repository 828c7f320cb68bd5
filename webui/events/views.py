"""GET /events/queues: live events as server-sent events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from flask import Response, request
from pydantic import AfterValidator, Field

from queueapp.events.kinds import Kind
from queueapp.ledger import reads
from webui.api.resource import Ids, Query, Resource, Words
from webui.context import runtime
from webui.events import reread
from webui.events.client import Client
from webui.events.connection import connection, stream, wire
from webui.events.frames import opening
from webui.events.live import live
from webui.events.replay import replay
from webui.security import requires

#: tasks whose items one stream may tell of
MAX_WATCHED = 20

api = Resource("events", "Live events (server-sent events).", prefix="/events")

SUBSCRIBABLE = tuple(kind.value for kind in Kind if kind is not Kind.RESET)


def _known(words: list[str]) -> list[str]:
    unknown = [word for word in words if word not in SUBSCRIBABLE]
    if unknown:
        raise ValueError(f"unknown type {unknown[0]!r}; one of {', '.join(SUBSCRIBABLE)}")
    return words


class EventsQuery(Query):
    """Which events to send."""

    task_id: int | None = Field(default=None, ge=1, lt=10**18, description="Only of this task, its items too")
    types: Annotated[Words, AfterValidator(_known)] = Field(
        default_factory=list, description="Only of these types; repeatable, or with commas"
    )
    watch: Annotated[Ids, Field(max_length=MAX_WATCHED)] = Field(
        default_factory=list,
        description="Tasks whose items to tell of besides the events of all tasks; repeatable, or with commas",
    )
    last_event_id: str | None = Field(
        default=None, max_length=100, description="As the header Last-Event-ID, for the first connection"
    )
    token: str | None = Field(
        default=None, max_length=1000, description="A signed viewer token, where no header can be sent"
    )


DESCRIPTION = {
    200: {
        "description": "A stream of events that does not end: " + ", ".join(kind.value for kind in Kind),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@api.get("/queues", responses=DESCRIPTION)  # type: ignore[arg-type]
@requires("viewer")
def stream_events(query: EventsQuery) -> Response:
    """Stream events. Reconnect with Last-Event-ID: what was missed follows, or one `reset` asks to reload."""
    if query.task_id is not None:
        with runtime().transaction() as session:
            reads.get_task(session, query.task_id)
    hub = live().hub
    live().start()
    last_id = request.headers.get("Last-Event-ID") or query.last_event_id
    below = connection()
    kinds = [Kind(word) for word in query.types]
    client = Client(query.task_id, kinds, below.cut, watched=query.watch, shortcut=wire())
    for task_id in client.watched:
        reread.watch(runtime(), task_id)
    hub.join(client)
    missed = replay(runtime().redis, last_id, client) if last_id else iter([opening(hub.last_id)])
    chunks = _stream(missed, client, bool(last_id))
    return stream(chunks, client, hub, below)


def _stream(missed: Iterator[bytes], client: Client, resumed: bool) -> Iterator[bytes]:
    if resumed:
        yield opening("")
    yield from missed
    yield from client.chunks()
