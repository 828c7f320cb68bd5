"""The HTTP API: one blueprint a resource; each route declares its models and its access rule."""

from __future__ import annotations

from flask_openapi3 import OpenAPI
from flask_openapi3.models import PathItem
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

from webui import job_ids
from webui.api import (
    analyze,
    audit,
    batch,
    control,
    downloaders,
    jobs,
    keys,
    libraries,
    list_operations,
    list_users,
    lists,
    manager,
    media,
    media_acts,
    operations,
    phase_config,
    players,
    queue_acts,
    queue_items,
    queues,
    reconciliation,
    running,
    schedules,
    undo,
    users,
    views,
    webhooks,
    widget,
    workers,
)

RESOURCES = (
    queues.api,
    manager.api,
    widget.api,
    queue_acts.api,
    queue_items.api,
    undo.api,
    views.api,
    jobs.api,
    jobs.plain_api,
    operations.api,
    running.api,
    running.generate_api,
    analyze.api,
    batch.api,
    workers.api,
    libraries.api,
    media.api,
    media_acts.api,
    players.api,
    downloaders.api,
    webhooks.api,
    lists.api,
    list_operations.api,
    list_users.api,
    schedules.api,
    control.api,
    reconciliation.api,
    phase_config.api,
    users.api,
    keys.api,
    audit.api,
)


class IdConverter(IntegerConverter):
    """A number that can be an id; any other is an unknown page, not an error of the database."""

    regex = r"[1-9]\d{0,17}"


class JobConverter(UnicodeConverter):
    """The id of a job."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map)
        self.regex = job_ids.SHAPE


def register(app: OpenAPI) -> None:
    """Add every resource to the app."""
    app.url_map.converters |= {"id": IdConverter, "job": JobConverter}
    for resource in RESOURCES:
        described = {path: app.paths[path] for path in resource.paths if path in app.paths}
        app.register_api(resource)
        for path, item in described.items():
            _add_methods(app.paths[path], item)


def _add_methods(item: PathItem, other: PathItem) -> None:
    """Describe what two resources serve under one path together; registering alone keeps the later only."""
    for method in ("get", "post", "put", "patch", "delete"):
        described = getattr(other, method)
        if described is not None:
            setattr(item, method, described)
