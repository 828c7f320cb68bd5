"""The pages: one blueprint a page family, rendered by the server and made live by static/js."""

from __future__ import annotations

from flask import Blueprint, Flask

from webui.pages import (
    access,
    artwork,
    audit,
    batches,
    bulk,
    compression,
    control,
    dashboard,
    downloaders,
    embed,
    filters,
    frame,
    items,
    libraries,
    list_people,
    lists,
    media,
    new_task,
    players,
    reading,
    reconciliation,
    renaming,
    saved_views,
    schedules,
    session,
    settings,
    stream,
    tasks,
    title_acts,
    undo,
    webhooks,
    workers,
)

FAMILIES = (
    settings,
    access,
    audit,
    dashboard,
    new_task,
    tasks,
    items,
    libraries,
    media,
    renaming,
    title_acts,
    artwork,
    batches,
    schedules,
    control,
    workers,
    reconciliation,
    players,
    lists,
    list_people,
    downloaders,
    webhooks,
    session,
    embed,
    bulk,
    saved_views,
    undo,
)


def register(app: Flask) -> None:
    """Add every page, the filters their templates use and the frame around them."""
    compression.install(app)
    reading.install(app)
    filters.install(app)
    frame.install(app)
    stream.install(app)
    pages = Blueprint("pages", __name__)
    pages.before_request(stream.note_position)
    for family in FAMILIES:
        pages.register_blueprint(family.blueprint)
    app.register_blueprint(pages)
