"""Turns the body of a request into the task that it asks for."""

from __future__ import annotations

from typing import Any

import pydantic
from pydantic import Field

from queueapp import errors, strict_json
from queueapp.execution.rows import NewItem
from queueapp.operations import field_errors
from queueapp.runtime import Runtime
from queueapp.services import phase_config
from queueapp.services.enqueue import NewTask
from webui.api.queue_models import NewTaskBody
from webui.api.request_paths import placed
from webui.api.resource import Body
from webui.principal import Principal

#: where a running task finds the phase configuration that it started with
CONFIG = "config"


class FullItem(Body):
    """The longer way to give an item."""

    payload: dict[str, Any]
    type: str | None = Field(default=None, min_length=1, max_length=100)
    title: str | None = Field(default=None, max_length=500)
    optional: bool = False


def new_task(runtime: Runtime, body: NewTaskBody, caller: Principal) -> NewTask:
    """The task that `body` asks for on behalf of `caller`. Raises UnknownOperation, BadPayload."""
    operation = runtime.registry.get(body.type)
    items = new_items(runtime, body.type, body.items)
    meta = dict(body.meta)
    if operation.phase is not None:
        with runtime.transaction() as session:
            meta[CONFIG] = phase_config.snapshot(session)
    return NewTask(
        type=body.type,
        items=items,
        title=body.title,
        priority=body.priority,
        created_by=caller.who,
        origin=_origin(body.meta, caller),
        meta=meta,
        max_parallel=body.max_parallel,
        dry_run=body.dry_run,
        dedup_key=body.dedup_key,
        on_conflict=body.on_conflict,
        scheduled_for=body.scheduled_for,
        depends_on=body.depends_on,
        ordering_key=body.ordering_key,
        stop_on_failure=body.stop_on_failure,
        parent_task_id=body.parent_task_id,
        open=body.open,
    )


def new_items(runtime: Runtime, task_type: str, given: list[dict[str, Any]]) -> list[NewItem]:
    """The items given, each the payload itself or the longer way. Raises BadPayload, PathRefused."""
    return placed(runtime, [_item(task_type, index, each) for index, each in enumerate(given)])


def _item(task_type: str, index: int, given: dict[str, Any]) -> NewItem:
    if not isinstance(given.get("payload"), dict):
        return NewItem(type=task_type, payload=given)
    try:
        full = strict_json.read(FullItem, given)
    except pydantic.ValidationError as error:
        fields = [{**each, "loc": ["items", index, *each["loc"]]} for each in field_errors(error)]
        raise errors.BadPayload("an item does not fit", fields) from None
    return NewItem(
        type=full.type or task_type, payload=full.payload, title=full.title, optional=full.optional
    )


def _origin(meta: dict[str, Any], caller: Principal) -> str:
    given = meta.get("origin")
    if isinstance(given, str) and given:
        return given[:100]
    return "ui" if caller.via == "session" else "api"
