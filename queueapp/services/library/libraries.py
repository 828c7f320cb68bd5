"""Libraries: add, list, change, remove, scan. Files are never touched here."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.config import Settings
from queueapp.errors import Conflict, NotFound, PathRefused
from queueapp.execution.rows import NewItem
from queueapp.media import paths
from queueapp.models.library import Library, LibraryKind
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.priorities import Priority
from queueapp.runtime import Runtime
from queueapp.services import enqueue, phase_config
from queueapp.services.audio.audio_overrides import OPTION as AUDIO
from queueapp.services.enqueue import Created, NewTask
from queueapp.services.library.library_paths import (
    allowed_roots,
    checked_folder,
    library_folder,
    resolved,
)
from queueapp.services.library.library_views import (
    LibraryChanges,
    LibraryCounts,
    LibraryView,
    NewLibrary,
    ScanTarget,
)
from queueapp.services.rename.overrides import OPTION as RENAME
from queueapp.services.schedule import rescans


def add_library(session: Session, settings: Settings, new: NewLibrary) -> LibraryView:
    """Add a folder as a library; scan it afterwards.

    Raises PathRefused for a folder that cannot be one, Conflict for one that overlaps with another library.
    """
    path = library_folder(settings, new.path)
    # Two requests at once must not both find the place free.
    session.execute(sa.text("LOCK TABLE libraries IN SHARE ROW EXCLUSIVE MODE"))
    _refuse_overlap(session, path)
    library = Library(name=new.name, path=path, kind=new.kind)
    session.add(library)
    session.flush()
    session.refresh(library)
    rescans.ensure(session, library)
    return _view(library, LibraryCounts())


def list_libraries(session: Session) -> list[LibraryView]:
    """All libraries by name."""
    counts = _counts(session)
    rows = session.scalars(sa.select(Library).order_by(sa.func.lower(Library.name), Library.id))
    return [_view(library, counts.get(library.id, LibraryCounts())) for library in rows]


def get_library(session: Session, library_id: int) -> LibraryView:
    """One library. Raises NotFound."""
    library = load(session, library_id)
    return _view(library, _counts(session, library_id).get(library_id, LibraryCounts()))


def change_library(session: Session, library_id: int, changes: LibraryChanges) -> LibraryView:
    """Change what was given of a library. Raises NotFound."""
    library = load(session, library_id)
    if changes.name is not None:
        library.name = changes.name
    if changes.audio is not None:
        audio = changes.audio.model_dump(mode="json", exclude_none=True)
        library.options = {**library.options, AUDIO: audio}
    if changes.rename is not None:
        library.options = {
            **library.options,
            RENAME: changes.rename.model_dump(mode="json", exclude_none=True),
        }
    if changes.model_fields_set:
        library.updated_at = sa.func.now()
        session.flush()
        session.refresh(library)
        rescans.ensure(session, library)
    return get_library(session, library_id)


def remove_library(session: Session, library_id: int) -> None:
    """Forget a library and its titles; its files stay as they are. Raises NotFound."""
    load(session, library_id)
    rescans.forget(session, library_id)
    session.execute(sa.delete(Library).where(Library.id == library_id))


def load(session: Session, library_id: int) -> Library:
    """The row of a library. Raises NotFound."""
    library = session.get(Library, library_id)
    if library is None:
        raise NotFound(f"there is no library {library_id}")
    return library


def scan_library(
    runtime: Runtime,
    library_id: int,
    *,
    created_by: str,
    origin: str = "",
    dry_run: bool = False,
    accept_gone: bool = False,
    on_conflict: str = "return",
    parent_task_id: int | None = None,
    automatic: bool = False,
) -> Created:
    """Enqueue the scan of a library; while one is not finished that one is returned, or AlreadyQueued raised.

    Raises NotFound.
    """
    with runtime.transaction() as session:
        library = load(session, library_id)
        title, path, kind = f"Scan {library.name}", library.path, library.kind.value
        meta: dict[str, Any] = {"config": phase_config.snapshot(session), "library_id": library_id}
    payload = {"path": path, "library_id": library_id, "kind": kind, "accept_gone": accept_gone}
    return enqueue.create_task(
        runtime,
        NewTask(
            type="scan",
            items=[NewItem("scan", payload, title=title, subject=title)],
            title=title,
            priority=Priority.NORMAL,
            created_by=created_by,
            origin=origin,
            meta=meta,
            dry_run=dry_run,
            dedup_key=f"scan:library:{library_id}" + (":dry" if dry_run else ""),
            on_conflict="refuse" if on_conflict == "refuse" else "return",
            parent_task_id=parent_task_id,
            automatic=automatic,
        ),
    )


def add_and_scan(
    runtime: Runtime, new: NewLibrary, *, created_by: str, origin: str = ""
) -> tuple[LibraryView, Created]:
    """Add a folder as a library and enqueue its first scan. Raises what `add_library` raises."""
    with runtime.transaction() as session:
        library = add_library(session, runtime.settings, new)
    return library, scan_library(runtime, library.id, created_by=created_by, origin=origin, automatic=True)


def resolve_scan_path(session: Session, settings: Settings, path: str) -> ScanTarget:
    """The library that a path to scan belongs to.

    Raises PathRefused for one that is missing, unreadable, or outside every library and allowed root.
    """
    folder = checked_folder(path)
    target = resolved(folder)
    for library in session.scalars(sa.select(Library)):
        root = resolved(library.path)
        if paths.is_inside(target, root):
            inside = paths.join(library.path, target[len(root) :].lstrip("/"))
            return ScanTarget(path=inside, library_id=library.id, kind=library.kind)
    if any(paths.is_inside(target, root) for root in allowed_roots(settings)):
        return ScanTarget(path=folder, library_id=None, kind=None)
    raise PathRefused(f"{folder} lies in no library and no allowed root; add it as a library first")


def adopt_folder(session: Session, settings: Settings, path: str, kind: LibraryKind) -> Library:
    """Make a folder inside an allowed root a library named after it, and return its row."""
    name = paths.readable(paths.base_name(path)) or path
    view = add_library(session, settings, NewLibrary(name=name[:200], path=path, kind=kind))
    return load(session, view.id)


def _refuse_overlap(session: Session, path: str) -> None:
    target = resolved(path)
    for other in session.scalars(sa.select(Library)):
        theirs = resolved(other.path)
        if target == theirs:
            raise Conflict(f"{path} is already the library {other.name!r}")
        if paths.is_inside(target, theirs) or paths.is_inside(theirs, target):
            raise Conflict(f"{path} overlaps with the library {other.name!r} at {other.path}")


def _counts(session: Session, library_id: int | None = None) -> dict[int, LibraryCounts]:
    gone = Media.status == MediaStatus.GONE
    query = sa.select(Media.library_id, Media.kind, gone, sa.func.count()).group_by(
        Media.library_id, Media.kind, gone
    )
    if library_id is not None:
        query = query.where(Media.library_id == library_id)
    counts: dict[int, LibraryCounts] = {}
    for library, kind, is_gone, number in session.execute(query):
        one = counts.setdefault(library, LibraryCounts())
        if is_gone:
            one.gone += number if kind in (MediaKind.MOVIE, MediaKind.EPISODE) else 0
        elif kind is not MediaKind.SEASON:
            setattr(one, f"{kind.value}s", number)
    return counts


def _view(library: Library, counts: LibraryCounts) -> LibraryView:
    return LibraryView(
        id=library.id, name=library.name, path=library.path, kind=library.kind, created_at=library.created_at,
        updated_at=library.updated_at, last_scan_at=library.last_scan_at,
        last_scan_task_id=library.last_scan_task_id, counts=counts, audio=library.options.get(AUDIO) or {},
        rename=library.options.get(RENAME) or {},
    )  # fmt: skip
