"""Where a page listens for what changes after it was made."""

from __future__ import annotations

from flask import Flask, g, request, url_for

from webui import events
from webui.security import current_user


def note_position() -> None:
    """Take the place in the event stream before anything is read, so that no change falls between."""
    if request.method == "GET" and current_user.is_authenticated:
        g.stream_position = events.position()


def url(task_id: int | None = None) -> str:
    """The event stream from that place on, of one task with its items or of all tasks."""
    position = g.get("stream_position") or None
    return url_for("events.stream_events", task_id=task_id, last_event_id=position)


def install(app: Flask) -> None:
    """Let templates name the stream they listen to."""
    app.jinja_env.globals["stream_url"] = url
