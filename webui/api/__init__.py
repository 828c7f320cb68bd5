"""The HTTP API: one blueprint a resource; each route declares its models and its access rule."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import OpenAPI
from werkzeug.routing import IntegerConverter

from webui.api import (
    audit,
    keys,
    libraries,
    media,
    operations,
    phase_config,
    players,
    queue_acts,
    queue_items,
    queues,
    schedules,
    users,
    workers,
)

RESOURCES = (
    queues.api,
    queue_acts.api,
    queue_items.api,
    operations.api,
    workers.api,
    libraries.api,
    media.api,
    players.api,
    schedules.api,
    phase_config.api,
    users.api,
    keys.api,
    audit.api,
)


class IdConverter(IntegerConverter):
    """A number that can be an id; any other is an unknown page, not an error of the database."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"min": 1, "max": 2**63 - 1, **options})


def register(app: OpenAPI) -> None:
    """Add every resource to the app."""
    app.url_map.converters["id"] = IdConverter
    for resource in RESOURCES:
        app.register_api(resource)
