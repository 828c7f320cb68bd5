"""The paths that requests name: each must lie in a library or under an allowed root, its links followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from queueapp.services.library import libraries
from queueapp.services.library.library_paths import DEMO_FOLDER, allowed_roots, checked_path, resolved

#: The operation whose path decides which library it works on.
SCAN = "scan"
#: The field of a payload that names a file or folder.
PATH = "path"


def placed(runtime: Runtime, items: Sequence[NewItem]) -> list[NewItem]:
    """The items, scans with the library that their path lies in. Raises PathRefused."""
    if not any(_path_of(runtime.registry, item) for item in items):
        return list(items)
    with runtime.transaction() as session:
        places = _Places.of(session, runtime.settings)
        return [_placed(session, runtime, item, places) for item in items]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where paths may lie: under the roots, but not among our own data, the demo's library excepted."""

    roots: list[str]
    data: str

    @classmethod
    def of(cls, session: Session, settings: Settings) -> _Places:
        """The places of now."""
        libraries = map(resolved, session.scalars(sa.select(Library.path)))
        return cls([*libraries, *allowed_roots(settings)], resolved(str(settings.data_dir)))

    def hold(self, path: str) -> bool:
        """Whether a path, its links followed, lies there."""
        real = resolved(checked_path(paths.on_disk(path)))
        is_ours = paths.is_inside(real, self.data) and not paths.is_inside(
            real, paths.join(self.data, DEMO_FOLDER)
        )
        return not is_ours and any(paths.is_inside(real, root) for root in self.roots)


def _placed(session: Session, runtime: Runtime, item: NewItem, places: _Places) -> NewItem:
    path = _path_of(runtime.registry, item)
    if path is None:
        return item
    if item.type == SCAN:
        return _scan(session, runtime.settings, item, path)
    if not places.hold(path):
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
