"""Where a page listens for what changes after it was made."""

from __future__ import annotations

from flask import Flask, g, request, url_for

from webui import events
from webui.security import current_user


def note_position() -> None:
    """Take the place in the event stream before anything is read, so that no change falls between."""
    if request.method == "GET" and current_user.is_authenticated:
        g.stream_position = events.position()


def url() -> str:
    """The event stream that all tabs of a browser share."""
    return url_for("events.stream_events")


def place() -> str:
    """The place in the event stream at which the page was made."""
    return str(g.get("stream_position") or "")


def install(app: Flask) -> None:
    """Let templates name the stream they listen to."""
    app.jinja_env.globals["stream_url"] = url
    app.jinja_env.globals["stream_place"] = place
