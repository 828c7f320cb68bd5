"""The journal of what tasks do to files: opened before the first change, closed with what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from queueapp.media.recycle import RETENTION_DAYS
from queueapp.media.rename_plan import Move, MovedFile, RenamePlan
from queueapp.media.rename_steps import Step, reversed_steps
from queueapp.models.item import Item
from queueapp.models.journal import Journal, JournalAct, JournalState
from queueapp.states import ItemStatus

#: Items in these statuses will still see to their own journals.
_ALIVE = (ItemStatus.QUEUED, ItemStatus.RUNNING)


class Former(BaseModel):
    """A title as players know it, from before a rename."""

    kind: str
    title: str
    file: str | None
    folder: str


class RenameRecord(BaseModel):
    """All of a rename that is needed to finish it or to take it back; paths in the stored form."""

    root: str
    steps: list[list[Any]]
    moves: list[tuple[str, str]]
    folders: list[tuple[str, str]]
    #: before, now, size in bytes, time in ns, inode
    files: list[tuple[str, str, int, int, int]]
    made: list[str] = []
    dropped: list[str] = []
    #: mode and time of each folder, of those before the rename
    times: dict[str, tuple[int, int]] = {}
    #: whether the folders get these times once the steps are done: so when a rename is taken back
    restores_times: bool = False
    titles: list[Former] = []

    @classmethod
    def of(cls, plan: RenamePlan, titles: Sequence[Former]) -> RenameRecord:
        """The record of a plan."""
        return cls(
            root=plan.root,
            steps=[step.as_json() for step in plan.steps],
            moves=[(one.before, one.now) for one in plan.moves],
            folders=[(one.before, one.now) for one in plan.folders],
            files=[(one.before, one.now, one.size_bytes, one.mtime_ns, one.inode) for one in plan.files],
            made=plan.made,
            dropped=plan.dropped,
            times=plan.times,
            titles=list(titles),
        )

    def plan(self) -> RenamePlan:
        """The plan again."""
        return RenamePlan(
            root=self.root,
            moves=[Move(*one) for one in self.moves],
            folders=[Move(*one) for one in self.folders],
            steps=[Step(*one) for one in self.steps],
            files=[MovedFile(*one) for one in self.files],
            made=self.made,
            dropped=self.dropped,
            times=self.times,
        )

    def reversed(self, titles: Sequence[Former]) -> RenameRecord:
        """The record of the rename that leads back."""
        steps = [Step(*one) for one in self.steps]
        plan = self.plan()
        return RenameRecord(
            root=self.root,
            steps=[one.as_json() for one in reversed_steps(steps)],
            moves=[(now, before) for before, now, *_ in self.files],
            folders=[(plan.final(before), before) for before, _ in self.folders],
            files=[(now, before, size, mtime, inode) for before, now, size, mtime, inode in self.files],
            made=self.dropped,
            dropped=self.made,
            times=self.times,
            restores_times=True,
            titles=list(titles),
        )


def open_rename(
    session: Session, *, task_id: int, item_id: int, library_id: int, media_id: int, label: str,
    record: RenameRecord, reverts: int | None = None,
) -> int:  # fmt: skip
    """Write down a rename that is about to begin; returns the journal's id."""
    journal = Journal(
        act=JournalAct.RENAME, task_id=task_id, item_id=item_id, library_id=library_id, media_id=media_id,
        label=label, record=record.model_dump(mode="json"), reverts=reverts,
    )  # fmt: skip
    session.add(journal)
    session.flush()
    return journal.id


def close(session: Session, journal_id: int, state: JournalState, error: str | None = None) -> None:
    """Note how it ended."""
    values: dict[str, Any] = {"state": state, "error": error, "finished_at": sa.func.now()}
    session.execute(sa.update(Journal).where(Journal.id == journal_id).values(values))


def note_reverted(session: Session, journal_id: int, task_id: int) -> None:
    """Note that a journal was taken back by a task."""
    session.execute(
        sa.update(Journal)
        .where(Journal.id == journal_id)
        .values(state=JournalState.REVERTED, reverted_by=task_id, error=None)
    )


def at_work(session: Session, library_id: int, item_id: int) -> str | None:
    """The title that a living item, not `item_id`, is renaming in a library."""
    query = (
        sa.select(Journal.label)
        .join(Item, Item.id == Journal.item_id)
        .where(
            Journal.library_id == library_id, Journal.act == JournalAct.RENAME, Journal.state == JournalState.OPEN,
            Journal.item_id != item_id, Item.status.in_(_ALIVE),
        )
    )  # fmt: skip
    return session.scalars(query.limit(1)).first()


def unfinished(session: Session, library_id: int, item_id: int) -> list[Journal]:
    """Renames of a library that were cut short and that no living item but `item_id` will see to."""
    alive = sa.exists().where(Item.id == Journal.item_id, Item.id != item_id, Item.status.in_(_ALIVE))
    query = sa.select(Journal).where(
        Journal.library_id == library_id,
        Journal.act == JournalAct.RENAME,
        Journal.state == JournalState.OPEN,
        ~alive,
    )
    return list(session.scalars(query.order_by(Journal.id)))


def former_titles(session: Session, task_id: int) -> list[Former]:
    """The titles that a task renamed, as players knew them before."""
    query = sa.select(Journal).where(
        Journal.task_id == task_id,
        Journal.act == JournalAct.RENAME,
        Journal.state.in_([JournalState.DONE, JournalState.REVERTED]),
    )
    records = (RenameRecord.model_validate(one.record) for one in session.scalars(query.order_by(Journal.id)))
    return [title for record in records for title in record.titles]


def prune(session: Session, older_than_days: int = RETENTION_DAYS) -> int:
    """Forget what is as old as the replaced files that are not kept any more; returns how many."""
    oldest = sa.func.now() - sa.func.make_interval(0, 0, 0, older_than_days)
    done = session.execute(
        sa.delete(Journal).where(Journal.created_at < oldest, Journal.state != JournalState.OPEN)
    )
    return int(getattr(done, "rowcount", 0))
