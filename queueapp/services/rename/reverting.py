"""Take back what a finished task did to files: each title's part as an item of its own, the latest first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from queueapp import errors, states
from queueapp.errors import Permanent, Skip
from queueapp.execution.context import Context
from queueapp.execution.rows import NewItem
from queueapp.ledger import reads
from queueapp.media import files, paths
from queueapp.media.files import Stamp, Target, Writer
from queueapp.media.recycle import RecycleFolder
from queueapp.models.journal import Journal, JournalAct, JournalState
from queueapp.models.library import Library
from queueapp.models.media import Media
from queueapp.runtime import Runtime
from queueapp.services import enqueue, phase_config
from queueapp.services.enqueue import Created, NewTask
from queueapp.services.library import scan_writes
from queueapp.services.rename import carrying_out, journal, planning, renaming
from queueapp.services.rename.journal import RenameRecord
from queueapp.services.rename.planning import Subject
from queueapp.services.rename.publish_journal import PublishRecord, Written

OPERATION = "revert"
#: Files named in a refusal.
_MOST_NAMED = 50
#: How much later than its journal a file's time may say that it was written, in ns: clocks of file servers differ.
_SLACK_NS = 60 * 10**9


def count_revertible(session: Session, task_id: int) -> int:
    """How many titles a task changed files of that can still be taken back."""
    query = sa.select(sa.func.count()).select_from(Journal).where(*_is_revertible(task_id))
    return session.scalar(query) or 0


def start(runtime: Runtime, task_id: int, *, by: str, origin: str = "", dry_run: bool = False) -> Created:
    """Enqueue the taking back of what a finished task did to files; one that is not finished is returned.

    Raises NotFound, WrongStatus for a task that is not finished, Conflict when there is nothing to take back.
    """
    with runtime.transaction() as session:
        task = reads.get_task(session, task_id)
        if task.status not in states.TASK_TERMINAL:
            raise errors.WrongStatus(
                task.status, f"task {task_id} is {task.status}; cancel it or let it finish"
            )
        entries = _revertible(session, task_id)
        if not entries:
            raise errors.Conflict(_why_nothing(session, task_id))
        items = items_for(entries)
        meta = {"config": phase_config.snapshot(session), "reverts": task_id}
    return enqueue.create_task(
        runtime,
        NewTask(
            type=OPERATION,
            items=items,
            title=f"Take back: {task.title}",
            created_by=by,
            origin=origin,
            meta=meta,
            max_parallel=1,
            dry_run=dry_run,
            parent_task_id=task_id,
            dedup_key=f"revert:{task_id}" + (":dry" if dry_run else ""),
            on_conflict="return",
        ),
    )


def items_for(entries: Sequence[Journal]) -> list[NewItem]:
    """The items that take these journals back, in this order."""
    return [
        NewItem(
            OPERATION,
            {"journal_id": one.id},
            title=f"Take back {one.act.value} of {one.label}",
            subject=one.label,
        )
        for one in entries
    ]


def entries_of(context: Context, task_id: int) -> list[NewItem]:
    """The items that take back a task. Raises Permanent when there is nothing or the task is not finished."""
    with context.transaction() as session:
        try:
            task = reads.get_task(session, task_id)
        except errors.NotFound as gone:
            raise Permanent(gone.message) from None
        if task.status not in states.TASK_TERMINAL:
            raise Permanent(f"task {task_id} is {task.status}; cancel it or let it finish")
        entries = _revertible(session, task_id)
        if not entries:
            raise Permanent(_why_nothing(session, task_id))
        return items_for(entries)


def revert(context: Context, journal_id: int) -> dict[str, Any]:
    """Take back one title's part of a task. Raises Permanent, naming each file that was changed since; Skip."""
    with context.transaction() as session:
        entry = session.get(Journal, journal_id)
        library = session.get(Library, entry.library_id) if entry else None
        session.expunge_all()
    if entry is None:
        raise Permanent(f"there is no journal {journal_id} (any more)")
    if entry.state is JournalState.REVERTED:
        raise Skip(f"task {entry.reverted_by} has taken it back already", reason="reverted")
    if library is None:
        raise Permanent(f"the library of {entry.label} has been removed")
    if entry.act is JournalAct.PUBLISH:
        return _revert_publish(context, entry, PublishRecord.model_validate(entry.record))
    return _revert_rename(context, entry, library)


def _revert_rename(context: Context, entry: Journal, library: Library) -> dict[str, Any]:
    finished = None if context.dry_run else carrying_out.settle(context, library)
    with context.transaction() as session:
        state = session.get_one(Journal, entry.id).state
    record = RenameRecord.model_validate(entry.record)
    if finished is None and state is JournalState.DONE:
        _refuse_changed(entry, carrying_out.check_unchanged(record.plan()))
        back = record.reversed([])
        if context.dry_run:
            return renaming.view(back.plan()) | {"message": f"Would take back the rename of {entry.label}"}
        with context.transaction() as session:
            family = carrying_out.family_of(session, entry.media_id)
            back.titles = renaming.formers(session, family, back.plan())
        subject = _subject(context, entry.media_id)
        finished = carrying_out.begin(context, library, entry.media_id, entry.label, back, reverts=entry.id)
        carrying_out.carry_out(context, finished)
        if subject is not None:
            renaming.tell_downloader(context, subject)
    renaming.tell_players(context)
    plan = (finished.record if finished else record.reversed([])).plan()
    return renaming.view(plan) | {"message": f"{entry.label} bears its former names again"}


def _subject(context: Context, media_id: int) -> Subject | None:
    """The title as it is before it is renamed back; None when it is not in the library any more."""
    try:
        with context.transaction() as session:
            subject = planning.load(session, context.settings, media_id, None)
            session.expunge_all()
    except (errors.NotFound, errors.WrongStatus):
        return None
    return subject


def _revert_publish(context: Context, entry: Journal, record: PublishRecord) -> dict[str, Any]:
    recycle = RecycleFolder.of(context.settings.data_dir)
    _find_copies(entry, record, recycle)
    _refuse_changed(entry, [said for one in record.files if (said := _changed(entry, one, recycle))])
    back = [one.path for one in record.files if one.was]
    gone = [one.path for one in record.files if not one.was]
    report = {
        "restored": [paths.readable(one) for one in back],
        "removed": [paths.readable(one) for one in gone],
    }
    if context.dry_run:
        return report | {
            "message": f"Would restore {len(back)} and remove {len(gone)} files of {entry.label}"
        }
    writer = Writer(recycle, context.confirm_claim, context.task_id)
    for number, one in enumerate(record.files):
        context.step(number, len(record.files), paths.readable(paths.base_name(one.path)))
        _put_back(writer, record, one)
        context.log(f"{'Restored' if one.was else 'Removed'} {paths.readable(one.path)}")
    for folder in record.made:
        _remove_empty(folder, record.root)
    with context.transaction() as session:
        _note(session, entry, record, context.task_id)
    renaming.tell_players(context)
    return report | {"message": f"Restored {len(back)} and removed {len(gone)} files of {entry.label}"}


def _put_back(writer: Writer, record: PublishRecord, one: Written) -> None:
    target = Target(Path(paths.on_disk(one.path)), Path(paths.on_disk(record.root)))
    if one.was is None:
        writer.remove(target)
    elif Stamp.of(target.path) != one.was:
        writer.put_back(target, Path(one.copy_path or ""), one.was)


def _note(session: Session, entry: Journal, record: PublishRecord, task_id: int) -> None:
    """The title's record as it was; that it was published stays, lest the next scan does it again."""
    session.execute(
        sa.update(Media)
        .where(Media.id == entry.media_id)
        .values(
            published_files=record.published_files,
            published_at=record.published_at,
            published_task_id=record.published_task_id,
        )
    )
    scan_writes.chain_on(session, [entry.media_id], task_id)
    if entry.state is JournalState.OPEN:
        journal.close(session, entry.id, JournalState.DONE)
    journal.note_reverted(session, entry.id, task_id)


def _changed(entry: Journal, one: Written, recycle: RecycleFolder) -> str | None:
    """What stands in the way of restoring a file, in words."""
    shown = paths.readable(one.path)
    there = Stamp.of(Path(paths.on_disk(one.path)))
    if there == one.was:
        return None
    if one.was and not (one.copy_path and recycle.holds(Path(one.copy_path))):
        return f"{shown}: the file that it replaced is not kept any more"
    if entry.state is JournalState.OPEN:
        # Cut short: what was written is not known, but it was written just then.
        written_ns = there.mtime_ns if there else 0
        begun_ns = int(entry.created_at.timestamp() * 10**9)
        is_ours = there is None or begun_ns - _SLACK_NS <= written_ns <= begun_ns + 3600 * 10**9
        return None if is_ours else f"{shown} was changed since"
    if there is None:
        return None if one.now is None else f"{shown} is not there any more"
    return None if (there.size_bytes, there.mtime_ns) == one.now else f"{shown} was changed since"


def _find_copies(entry: Journal, record: PublishRecord, recycle: RecycleFolder) -> None:
    """Of a publication that was cut short, find what it replaced by the notes in the recycle folder."""
    wanted = {one.path: one for one in record.files if one.was and not one.copy_path}
    if not wanted:
        return
    for copy, path in recycle.of_task(entry.task_id):
        one = wanted.get(paths.stored(str(path)))
        stamp = Stamp.of(copy)
        if one and one.was and stamp and (stamp.size_bytes, stamp.mtime_ns) == one.was[:2]:
            one.copy_path = str(copy)


def _refuse_changed(entry: Journal, changed: list[str]) -> None:
    if changed:
        more = f"; and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
        raise Permanent(
            f"{entry.label} stays as it is, for something has changed since: {'; '.join(changed[:_MOST_NAMED])}{more}"
        )


def _remove_empty(folder: str, root: str) -> None:
    place = Path(paths.on_disk(folder))
    if files.is_inside(place, Path(paths.on_disk(root))) and place.is_dir() and not os.listdir(place):  # noqa: PTH208
        place.rmdir()


def _revertible(session: Session, task_id: int) -> list[Journal]:
    query = sa.select(Journal).where(*_is_revertible(task_id)).options(defer(Journal.record))
    return list(session.scalars(query.order_by(Journal.id.desc())))


def _is_revertible(task_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Done and not taken back; of publications also what was cut short."""
    cut_short = sa.and_(Journal.state == JournalState.OPEN, Journal.act == JournalAct.PUBLISH)
    return Journal.task_id == task_id, sa.or_(Journal.state == JournalState.DONE, cut_short)


def _why_nothing(session: Session, task_id: int) -> str:
    query = sa.select(Journal).where(Journal.task_id == task_id, Journal.state == JournalState.REVERTED)
    done = session.scalars(query.limit(1)).first()
    if done is not None:
        return f"task {task_id} has been taken back already, by task {done.reverted_by}"
    return f"task {task_id} changed no files that could be taken back"
