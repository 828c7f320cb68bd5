"""What a publication is about to replace, written down before it does, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.media.files import Stamp, Writer
from queueapp.models.journal import Journal, JournalAct, JournalState
from queueapp.models.media import Media
from queueapp.services.library import scan_reads
from queueapp.services.rename import journal
from queueapp.services.title import published_files
from queueapp.services.title.publication import Plan
from queueapp.services.title.published_files import Published


class Written(BaseModel):
    """One file: what stood there before, and what publish put there; None where there was, or is, nothing."""

    path: str
    was: Stamp | None
    #: size in bytes and time in ns; None also while it is not known
    now: tuple[int, int] | None = None
    #: where the former file is kept
    copy_path: str | None = None


class PublishRecord(BaseModel):
    """All of one title's publication that is needed to take it back; paths in the stored form."""

    root: str
    files: list[Written]
    #: Folders that were not there before.
    made: list[str] = []
    published_files: dict[str, Any]
    published_at: datetime | None
    published_task_id: int | None


def begin(context: Context, plan: Plan) -> int | None:
    """Write down what is about to change beside a title; returns the journal's id, None when nothing will."""
    foreseen = published_files.foresee(plan)
    with context.transaction() as session:
        earlier = session.scalars(
            sa.select(Journal).where(
                Journal.task_id == context.task_id, Journal.item_id == context.item_id,
                Journal.media_id == plan.title.id, Journal.act == JournalAct.PUBLISH,
                Journal.state == JournalState.OPEN,
            )
        ).first()  # fmt: skip
        if earlier is None and not foreseen.has_changed:
            return None
        known = PublishRecord.model_validate(earlier.record) if earlier else _record(plan)
        there = {one.path for one in known.files}
        changing = [path for path in (*foreseen.written, *foreseen.removed) if path not in there]
        known.files += [Written(path=path, was=_stamp(path)) for path in changing]
        known.made += [one for one in _new_folders(foreseen) if one not in known.made]
        if earlier is None:
            earlier = _new(session, context, plan)
        earlier.record = known.model_dump(mode="json")
        session.flush()
        return earlier.id


def finish(session: Session, journal_id: int | None, done: Published, writer: Writer) -> None:
    """Note what stands there now, in the transaction that records the publication."""
    if journal_id is None:
        return
    entry = session.get_one(Journal, journal_id)
    known = PublishRecord.model_validate(entry.record)
    for one in known.files:
        stamp = done.ours.get(one.path)
        one.now = (stamp[0], stamp[1]) if stamp else None
        copy = writer.kept.get(Path(paths.on_disk(one.path)))
        one.copy_path = str(copy) if copy else one.copy_path
    entry.record = known.model_dump(mode="json")
    session.flush()
    journal.close(session, journal_id, JournalState.DONE)


def _record(plan: Plan) -> PublishRecord:
    title = plan.title
    return PublishRecord(
        root=paths.stored(str(plan.root)),
        files=[],
        published_files=dict(title.published_files),
        published_at=title.published_at,
        published_task_id=title.published_task_id,
    )


def _new(session: Session, context: Context, plan: Plan) -> Journal:
    title = plan.title
    show = session.get(Media, title.show_id) if title.show_id else None
    entry = Journal(
        act=JournalAct.PUBLISH, task_id=context.task_id, item_id=context.item_id, library_id=title.library_id,
        media_id=title.id, label=scan_reads.label_of(title, show.title if show else None), record={},
    )  # fmt: skip
    session.add(entry)
    return entry


def _stamp(path: str) -> Stamp | None:
    return Stamp.of(Path(paths.on_disk(path)))


def _new_folders(foreseen: Published) -> list[str]:
    folders = dict.fromkeys(paths.parent(path) for path in foreseen.written)
    return [one for one in folders if not Path(paths.on_disk(one)).exists()]
