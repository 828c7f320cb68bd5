"""The paths that requests name: each must lie in a library or under an allowed root, its links followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.config import Settings
from queueapp.errors import PathRefused
from queueapp.execution.rows import NewItem
from queueapp.media import paths
from queueapp.models.library import Library
from queueapp.operations import Registry
from queueapp.runtime import Runtime
from queueapp.services import libraries
from queueapp.services.library_paths import allowed_roots, checked_path, resolved

#: The operation whose path decides which library it works on.
SCAN = "scan"
#: The field of a payload that names a file or folder.
PATH = "path"


def placed(runtime: Runtime, items: Sequence[NewItem]) -> list[NewItem]:
    """The items, scans with the library that their path lies in. Raises PathRefused."""
    if not any(_path_of(runtime.registry, item) for item in items):
        return list(items)
    with runtime.transaction() as session:
        roots = _roots(session, runtime.settings)
        return [_placed(session, runtime, item, roots) for item in items]


def _placed(session: Session, runtime: Runtime, item: NewItem, roots: Sequence[str]) -> NewItem:
    path = _path_of(runtime.registry, item)
    if path is None:
        return item
    if item.type == SCAN:
        return _scan(session, runtime.settings, item, path)
    if not any(paths.is_inside(resolved(checked_path(paths.on_disk(path))), root) for root in roots):
        raise PathRefused(f"{path} lies in no library and no allowed root")
    return item


def _scan(session: Session, settings: Settings, item: NewItem, path: str) -> NewItem:
    target = libraries.resolve_scan_path(session, settings, path)
    payload: dict[str, Any] = {**dict(item.payload), PATH: target.path}
    if target.library_id is not None:
        payload |= {"library_id": target.library_id, "kind": target.kind}
    return replace(item, payload=payload)


def _path_of(registry: Registry, item: NewItem) -> str | None:
    """The path in a payload; internal steps know their paths from elsewhere and check them as they run."""
    operation = registry.find(item.type)
    if operation is None or not operation.public or PATH not in operation.payload.model_fields:
        return None
    path = dict(item.payload).get(PATH)
    return path if isinstance(path, str) else None


def _roots(session: Session, settings: Settings) -> list[str]:
    return [*map(resolved, session.scalars(sa.select(Library.path))), *allowed_roots(settings)]
