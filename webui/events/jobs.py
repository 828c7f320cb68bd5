"""GET /jobs/stream: whole jobs as unnamed server-sent events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import redis
from flask import Flask, Response, current_app, request

from queueapp.runtime import Runtime
from webui.context import KEY as RUNTIME
from webui.context import runtime
from webui.events.connection import connection, stream
from webui.events.frames import Frame, opening
from webui.events.job_feed import JobClient, JobFeed
from webui.events.live import live
from webui.events.replay import missed_since

KEY = "queueapp.job_feed"
#: Jobs told to who reconnects; of more only the latest.
MOST_MISSED = 1_000

STREAM: dict[Any, Any] = {
    200: {
        "description": "A stream that does not end; each event is unnamed and holds one job, whole",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def attach(app: Flask) -> None:
    """Give the app its feed of jobs."""
    from webui.api.job_models import view_of_task  # the API imports this module for its route

    wired = cast("Runtime", app.extensions[RUNTIME])
    registry = wired.registry
    app.extensions[KEY] = JobFeed(
        wired, live(app).hub, lambda job: view_of_task(job, registry).model_dump_json()
    )


def stream_jobs() -> Response:
    """Stream jobs as they change, the active ones first. Reconnect with Last-Event-ID to get what was missed too."""
    feed = cast("JobFeed", current_app.extensions[KEY])
    live().start()
    below = connection()
    client = JobClient(on_drop=below.cut)
    live().hub.join(client)
    feed.join(client)
    frames = feed.present(_missed(request.headers.get("Last-Event-ID")))
    response = stream(_chunks(frames, client), client, live().hub, below)
    response.call_on_close(lambda: feed.leave(client))
    return response


def _missed(last_id: str | None) -> list[int] | None:
    """The tasks that changed since; None when that cannot be told."""
    if not last_id:
        return []
    try:
        missed = missed_since(runtime().redis, last_id)[0]
    except redis.RedisError:
        return None
    ids = {event.task_id for _, event in missed or () if event.task_id is not None}
    return None if missed is None or len(ids) > MOST_MISSED else sorted(ids)


def _chunks(frames: list[Frame], client: JobClient) -> Iterator[bytes]:
    yield opening("") + b"".join(frame.payload for frame in frames)
    yield from client.chunks()
