"""The item of a batch that finds its files, some at a time, and adds an item for each."""

from __future__ import annotations

from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.execution.context import Context
from queueapp.execution.rows import NewItem
from queueapp.media import paths
from queueapp.media.selection import Found
from queueapp.models.item import Item
from queueapp.models.media import Media, MediaStatus
from queueapp.models.media_file import MediaFile
from queueapp.services import batches
from queueapp.services.batch_views import NewBatch
from queueapp.services.media_places import Place

#: Files added in one commit; the walk goes on in an item of its own, ahead of them.
CHUNK_FILES = 2000
#: Seconds after which a batch that waits its turn looks again, and the most for one far behind.
TURN_SECONDS = 1.0
MAX_TURN_SECONDS = 15.0


def find_files(context: Context, asked: NewBatch, after: str, siblings: int) -> dict[str, Any]:
    """Add items for the next files behind the path `after`, and one that finds those that follow.

    `siblings` is how many files were found together with this item. Raises RetryLater while the batch waits for
    its turn, Permanent when its folder is gone.
    """
    with context.transaction() as session:
        _wait_for_turn(session, context, is_first=not after)
        if _has_run(session, context, siblings):
            return {"found": 0, "message": "The files were found before"}
        place = _place(session, context, asked)
    config = context.meta["config"]
    chosen = batches.selection_of(asked, batches.extensions_of(config))
    walk = chosen.walk(
        str(place.on_disk),
        after=paths.on_disk(after),
        check=context.check_canceled,
        report=_teller(context, place),
    )
    found = list(islice(walk, CHUNK_FILES))
    with context.transaction() as session:
        items = _items(session, asked, place, found)
    if len(found) == CHUNK_FILES:
        context.add_items([_next(asked, paths.stored(found[-1].path), len(items))])
    context.add_items(items)
    message = f"Found {len(found)} files" + (f" behind {paths.readable(after)}" if after else "")
    context.log(message)
    return {"found": len(found), "message": message}


def _wait_for_turn(session: Session, context: Context, *, is_first: bool) -> None:
    most = context.settings.batch.max_concurrent
    ahead = batches.ahead_of(session, context.task_id) if is_first else 0
    if ahead >= most:
        wait = min(TURN_SECONDS * (ahead - most + 1), MAX_TURN_SECONDS)
        raise errors.RetryLater(
            f"waits its turn: {most} batches run at a time, {ahead} came before", wait, uses_attempt=False
        )


def _has_run(session: Session, context: Context, siblings: int) -> bool:
    """Whether this item has added its files already: all items of the task are run again."""
    mine = sa.select(Item.index).where(Item.id == context.item_id).scalar_subquery()
    later = sa.select(Item.id).where(Item.task_id == context.task_id, Item.index > mine + siblings)
    return session.scalars(later.limit(1)).first() is not None


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


def _next(asked: NewBatch, after: str, siblings: int) -> NewItem:
    payload = asked.model_dump(mode="json", exclude={"dry_run", "priority"})
    payload |= {"after": after, "siblings": siblings}
    return NewItem(batches.TYPE, payload, title=f"Find further files in {paths.readable(asked.path)}")
