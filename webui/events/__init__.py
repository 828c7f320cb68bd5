"""Live events: one reader of the event stream per process, fanned out to browsers and programs."""

from __future__ import annotations

from flask_openapi3 import OpenAPI

from webui.events import jobs, live, views
from webui.events.live import end_streams, position

__all__ = ["end_streams", "position", "register"]


def register(app: OpenAPI) -> None:
    """Add the route and the live part behind it."""
    live.attach(app)
    jobs.attach(app)
    app.register_api(views.api)
