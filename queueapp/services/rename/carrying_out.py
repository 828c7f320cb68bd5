"""Carry a journaled rename out, take it back when it cannot go on, and finish what a crash cut short."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.errors import Permanent, RetryLater
from queueapp.execution.context import Context
from queueapp.execution.interrupts import Interrupted
from queueapp.media import paths, rename_steps
from queueapp.media.rename_plan import RenamePlan
from queueapp.models.item import Item
from queueapp.models.journal import Journal, JournalState
from queueapp.models.library import Library
from queueapp.models.media import Media
from queueapp.models.task import Task
from queueapp.services.rename import journal, records
from queueapp.services.rename.journal import RenameRecord
from queueapp.states import ItemStatus, TaskStatus

#: How often, in seconds, it is made sure that the item is still this worker's.
_CONFIRM_SECONDS = 1.0
_BUSY_SECONDS = 1.0
#: A lock of its own kind in PostgreSQL; the other half is the library's id.
_LOCK = 0x52454E


class ClaimLost(Permanent):
    """The item was canceled, or is another worker's by now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rename in the journal, about to be carried out."""

    id: int
    record: RenameRecord
    library: Library
    media_id: int
    label: str
    #: The journal that it takes back.
    reverts: int | None = None


def begin(
    context: Context, library: Library, media_id: int, label: str, record: RenameRecord,
    reverts: int | None = None,
) -> Entry:  # fmt: skip
    """Write a rename down before its first step. Raises RetryLater while another one in the library is at work."""
    with context.transaction() as session:
        _lock(session, library.id)
        _refuse_busy(session, library.id, context.item_id)
        number = journal.open_rename(
            session, task_id=context.task_id, item_id=context.item_id, library_id=library.id,
            media_id=media_id, label=label, record=record, reverts=reverts,
        )  # fmt: skip
    return Entry(number, record, library, media_id, label, reverts)


def carry_out(context: Context, entry: Entry) -> None:
    """Do all that is left of it, and move the records along.

    Raises Permanent when it cannot go on, Interrupted when it is canceled; then all is as it was before.
    """
    try:
        _do_steps(context, entry)
        _record(context, entry)
    except (Interrupted, ClaimLost):
        # Where another worker has the item now, that one goes on.
        if _is_canceled(context):
            _take_back(context, entry, "canceled")
        raise
    except Permanent as error:
        _take_back(context, entry, error.message)
        raise Permanent(f"{error.message}; nothing was changed") from None


def settle(context: Context, library: Library) -> Entry | None:
    """See to renames of a library that were cut short: one of this very item is finished and returned.

    Those of items that have ended are taken back. Raises RetryLater while another item renames in the library.
    """
    mine = None
    for one in _taken_over(context, library):
        record = RenameRecord.model_validate(one.record)
        entry = Entry(one.id, record, library, one.media_id, one.label, one.reverts)
        if one.task_id == context.task_id and one.media_id and one.item_id == context.item_id:
            context.log(f"Going on with the rename of {one.label} that was cut short")
            carry_out(context, entry)
            mine = entry
        else:
            context.log(f"Taking back the rename of {one.label} that task {one.task_id} left unfinished")
            _take_back(context, entry, f"cut short; taken back by task {context.task_id}")
    return mine


def _taken_over(context: Context, library: Library) -> list[Journal]:
    with context.transaction() as session:
        _lock(session, library.id)
        _refuse_busy(session, library.id, context.item_id)
        found = journal.unfinished(session, library.id, context.item_id)
        # The dead ones first: what is mine may want the places they hold.
        found.sort(key=lambda one: one.item_id == context.item_id)
        session.expunge_all()
    return found


def _lock(session: Session, library_id: int) -> None:
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, library_id)))


def _refuse_busy(session: Session, library_id: int, item_id: int) -> None:
    if (label := journal.at_work(session, library_id, item_id)) is not None:
        raise RetryLater(f"waits for the rename of {label}", _BUSY_SECONDS, uses_attempt=False)
    scans = sa.select(Item.id).where(
        Item.type == "scan",
        Item.id != item_id,
        Item.status == ItemStatus.RUNNING,
        Item.payload["library_id"].as_integer() == library_id,
        Item.stage == 3,
    )
    if session.scalars(scans.limit(1)).first() is not None:
        raise RetryLater("waits for the scan of its library", _BUSY_SECONDS, uses_attempt=False)


def _do_steps(context: Context, entry: Entry) -> None:
    plan = entry.record.plan()
    confirmed = 0.0
    for number in range(rename_steps.done_so_far(plan.steps), len(plan.steps)):
        if time.monotonic() - confirmed > _CONFIRM_SECONDS:
            _confirm(context)
            confirmed = time.monotonic()
        with context.uninterrupted():
            rename_steps.carry_out(plan.steps[number], plan.root)
        context.step(number + 1, len(plan.steps), entry.label)
    if entry.record.restores_times:
        _restore_times(entry.record.times)


def _confirm(context: Context) -> None:
    try:
        context.confirm_claim()
    except Permanent as lost:
        raise ClaimLost(lost.message) from None


def _record(context: Context, entry: Entry) -> None:
    plan = entry.record.plan()
    seen = records.look(context, entry.library, plan)
    with context.transaction() as session:
        records.move(session, seen, plan, family_of(session, entry.media_id), context.task_id)
        journal.close(session, entry.id, JournalState.DONE)
        if entry.reverts is not None:
            journal.note_reverted(session, entry.reverts, context.task_id)


def family_of(session: Session, media_id: int) -> list[int]:
    """A film; or a series with all its parts, of which the title is one."""
    media = session.get(Media, media_id)
    head = (media.show_id or media.id) if media else media_id
    return [head, *session.scalars(sa.select(Media.id).where(Media.show_id == head))]


def _take_back(context: Context, entry: Entry, reason: str) -> None:
    with _undisturbed(context):
        steps = entry.record.plan().steps
        done = rename_steps.done_so_far(steps)
        try:
            rename_steps.take_back(_that_may_be_done(steps, done), entry.record.root)
            if not entry.record.restores_times:
                _restore_times(entry.record.times)
        except Permanent as error:
            _close(context, entry, JournalState.STUCK, f"{reason}; taking it back: {error.message}")
            context.warn(
                f"{entry.label} is renamed only in part, and could not be taken back: {error.message}"
            )
            return
        _close(context, entry, JournalState.ROLLED_BACK, reason)
    context.log(f"Took back {sum(1 for one in steps[:done] if one.kind == 'rename')} renames: {reason}")


def _that_may_be_done(steps: Sequence[rename_steps.Step], done: int) -> list[rename_steps.Step]:
    """The steps up to the last rename that is done, and the folders made or taken away after it."""
    after = []
    for step in steps[done:]:
        if step.kind == "rename":
            break
        place = step.now if step.kind == "make" else step.before
        if Path(paths.on_disk(place)).is_dir() == (step.kind == "make"):
            after.append(step)
    return [*steps[:done], *after]


def _close(context: Context, entry: Entry, state: JournalState, error: str) -> None:
    with context.runtime.transaction() as session:
        journal.close(session, entry.id, state, error)


@contextlib.contextmanager
def _undisturbed(context: Context) -> Iterator[None]:
    """Hold further interrupts back, also the one that is due at the end: its cause is known."""
    with contextlib.suppress(Interrupted), context.uninterrupted():
        yield


def _is_canceled(context: Context) -> bool:
    """Whether a person gave this item up; otherwise it goes on in a later attempt."""
    query = (
        sa.select(Task.status, Item.cancel_requested_at, Item.status)
        .join(Item, Item.task_id == Task.id)
        .where(Item.id == context.item_id)
    )
    row = None
    with _undisturbed(context), context.runtime.transaction() as session:
        row = session.execute(query).first()
    if row is None:
        return True
    return row[0] is TaskStatus.CANCELED or row[1] is not None or row[2] is ItemStatus.CANCELED


def _restore_times(times: dict[str, tuple[int, int]]) -> None:
    """Give folders their times, inner ones first; those that are not there (any more) have none."""
    for folder in sorted(times, key=len, reverse=True):
        place = Path(paths.on_disk(folder))
        mode, mtime_ns = times[folder]
        with contextlib.suppress(OSError):
            place.chmod(mode)
            os.utime(place, ns=(place.stat().st_atime_ns, mtime_ns))


def check_unchanged(plan: RenamePlan) -> list[str]:
    """What has changed of the files since they were renamed, in words; empty when nothing has."""
    changed = []
    for one in plan.files:
        shown = paths.readable(one.now)
        try:
            found = Path(paths.on_disk(one.now)).lstat()
        except OSError:
            changed.append(f"{shown} is not there any more")
            continue
        if (found.st_size, found.st_mtime_ns) != (one.size_bytes, one.mtime_ns):
            changed.append(f"{shown} was changed since")
        elif found.st_ino & 0x7FFF_FFFF_FFFF_FFFF != one.inode:
            changed.append(f"{shown} was replaced since")
        elif os.path.lexists(paths.on_disk(one.before)) and one.before not in {
            each.now for each in plan.files
        }:
            changed.append(f"{paths.readable(one.before)} is taken by something else")
    return changed
