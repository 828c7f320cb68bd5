"""Turns items asked for into rows, checked against their operation's payload model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from queueapp import errors
from queueapp.ledger.items import NewRow, as_json, json_bytes
from queueapp.operations import Registry

MAX_PAYLOAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item asked for; a barrier starts when all others of its task are terminal."""

    type: str
    payload: BaseModel | dict[str, Any]
    title: str | None = None
    subject: str | None = None
    optional: bool = False
    barrier: bool = False


def row_of(registry: Registry, item: NewItem, *, own: bool = False) -> NewRow:
    """Return the row of an item; raises UnknownOperation, BadPayload or TooLarge.

    The payload is stored as its model writes it, with defaults filled in. `own` are items that a running one adds:
    its work is done, so their payloads' types are converted where those from outside are refused.
    """
    operation = registry.get(item.type)
    model = item.payload
    if not isinstance(model, operation.payload):
        model = operation.parse_own(model) if own else operation.parse(model)
    text = as_json(model.model_dump(mode="json"))
    if len(text) > MAX_PAYLOAD_BYTES and json_bytes(text) > MAX_PAYLOAD_BYTES:
        raise errors.TooLarge(f"a payload is larger than {MAX_PAYLOAD_BYTES // 1024} KiB")
    key = operation.concurrency_key(model) if operation.concurrency_key else None
    return NewRow(
        type=operation.name,
        payload=text,
        max_attempts=operation.max_attempts,
        title=clean(item.title or operation.title_of(model)),
        subject=clean(item.subject),
        optional=item.optional,
        barrier=item.barrier,
        concurrency_key=f"{operation.name}:{clean(key)}" if key is not None else None,
        grows=operation.grows,
    )


def clean(text: str | None) -> str | None:
    """Return text as PostgreSQL takes it: no NUL, no lone surrogates (which names of files may hold)."""
    if text is None:
        return None
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
