"""The item of a batch that finds its files and adds an item for each, some at a time."""

from __future__ import annotations

from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, errors
from queueapp.execution.context import Context
from queueapp.execution.rows import NewItem
from queueapp.ledger import items
from queueapp.media import paths
from queueapp.media.selection import Found
from queueapp.models.item import Item
from queueapp.models.media import Media, MediaStatus
from queueapp.models.media_file import MediaFile
from queueapp.services import enqueue
from queueapp.services.batch import batches
from queueapp.services.batch.batch_views import NewBatch
from queueapp.services.title.media_places import Place
from queueapp.states import TASK_ACTIVE

#: Files added in one commit, while the search goes on.
CHUNK_FILES = 1000


def find_files(context: Context, asked: NewBatch) -> dict[str, Any]:
    """Add an item for each file, behind those that an earlier attempt added. Raises Permanent without its folder."""
    with context.transaction() as session:
        place = _place(session, context, asked)
        last, count = _added_before(session, context.task_id, place)
    config = context.meta["config"]
    chosen = batches.selection_of(asked, batches.extensions_of(config))
    walk = chosen.walk(
        str(place.on_disk), after=last, check=context.check_canceled, report=_teller(context, place)
    )
    found = 0
    while chunk := list(islice(walk, CHUNK_FILES)):
        _add(context, asked, place, chunk, expected=count + found)
        found += len(chunk)
        context.progress(0.0, f"found {count + found - 1:,} files")
    message = f"Found {found} files" + (" more" if count > 1 else "")
    context.log(message)
    return {"found": found, "message": message}


def _add(context: Context, asked: NewBatch, place: Place, chunk: list[Found], *, expected: int) -> None:
    """Store items for some files in a commit of their own, unless the task has got others meanwhile."""
    with context.transaction() as session:
        wanted = _items(session, asked, place, chunk)
        rows = enqueue.checked_rows(context.runtime.registry, asked.operation, wanted)
        conn = db.raw(session)
        locked = items.lock_frame(conn, context.task_id)
        if locked is None or locked[0] not in TASK_ACTIVE:
            raise errors.Permanent("the batch has ended meanwhile")
        # An attempt that is believed dead may still be at it.
        if locked[2].next_index != expected:
            raise errors.Permanent("another worker adds the files of this batch")
        items.insert_items(conn, locked[2], rows)
    enqueue.fill_lanes(context.runtime, [locked[2].lane])


def _added_before(session: Session, task_id: int, place: Place) -> tuple[str, int]:
    """The last file that has an item, relative to the folder, and how many items the task has."""
    query = sa.select(Item).where(Item.task_id == task_id).order_by(Item.index.desc()).limit(1)
    last = session.scalars(query).first()
    if last is None or last.type == batches.TYPE:
        return "", 1
    path = str(last.payload.get("path") or paths.join(place.path, last.title or ""))
    return paths.on_disk(path[len(place.path) :].lstrip("/")), last.index + 1


def _place(session: Session, context: Context, asked: NewBatch) -> Place:
    try:
        return batches.folder_of(session, context.settings, asked.path)
    except errors.PathRefused as refused:
        raise errors.Permanent(refused.message) from None


def _teller(context: Context, place: Place) -> Any:
    def tell(folder: str, problem: str) -> None:
        context.warn(
            f"{paths.readable(paths.join(place.path, paths.stored(folder)))} cannot be read: {problem}"
        )

    return tell


def _items(session: Session, asked: NewBatch, place: Place, found: list[Found]) -> list[NewItem]:
    names = [paths.stored(one.path) for one in found]
    titles = _titles(session, place, names) if asked.operation == "publish" else {}
    return [_item(asked.operation, place, name, titles.get(paths.join(place.path, name))) for name in names]


def _item(operation: str, place: Place, name: str, title: tuple[int, int] | None) -> NewItem:
    payload: dict[str, Any] = {"path": paths.join(place.path, name)}
    if title is not None:
        payload = {"media_id": title[0], "group": title[1]}
    folder = paths.parent(name)
    return NewItem(
        operation, payload, title=paths.readable(name), subject=paths.readable(folder) if folder else None
    )


def _titles(session: Session, place: Place, names: list[str]) -> dict[str, tuple[int, int]]:
    """The title and its group (its show, else itself) of each file that has one."""
    if place.library_id is None:
        return {}
    rows = session.execute(
        sa.select(MediaFile.path, Media.id, Media.show_id)
        .join(Media, Media.id == MediaFile.media_id)
        .where(
            MediaFile.path.in_([paths.join(place.path, name) for name in names]),
            Media.library_id == place.library_id,
            Media.status == MediaStatus.PRESENT,
        )
    )
    return {path: (media_id, show_id or media_id) for path, media_id, show_id in rows}
