"""What a webhook sets going: one task for all that is told of one title while that task is not finished.

Every function runs in the transaction that notes the outcome on the webhook, so that a crash loses neither or both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, states
from queueapp.connectors import arr_events
from queueapp.connectors.arr_events import Act, Told, ToldFile, ToldTitle
from queueapp.execution.rows import NewItem
from queueapp.ledger import items
from queueapp.models.downloader import Downloader
from queueapp.models.task import Task
from queueapp.models.webhook import Origin, Outcome, Webhook, WebhookFile
from queueapp.operations import Registry
from queueapp.priorities import Priority
from queueapp.services import enqueue, phase_config
from queueapp.services.arr import told_before
from queueapp.services.enqueue import NewTask


@dataclass(frozen=True, slots=True)
class Means:
    """What acting on a webhook needs besides the session."""

    registry: Registry
    gone_after_seconds: int
    #: the tasks that were started, to be dispatched after the commit
    started: list[int] = field(default_factory=list)
    _config: dict[str, Any] = field(default_factory=dict)

    def config(self, session: Session) -> dict[str, Any]:
        """The configuration of the phases that new tasks keep; read once for all that is acted on together."""
        if not self._config:
            self._config.update(phase_config.snapshot(session))
        return self._config


def act(session: Session, means: Means, webhook: Webhook, told: Told, sender: Downloader | None) -> None:
    """Set going what a stored webhook asks for, and note on it what that is."""
    if told.act is Act.UNKNOWN:
        _note(webhook, Outcome.IGNORED, f"the event {told.event} is {told.note}")
    elif told.act is Act.RECORD:
        _note(webhook, Outcome.RECORDED, told.note or None)
    elif sender is not None and not sender.enabled:
        _note(webhook, Outcome.IGNORED, f"{sender.name} is switched off")
    elif told.title is None:
        _note(webhook, Outcome.ERROR, f"{told.event} names no film or series")
    else:
        webhook.story = told_before.story_of(webhook, told.title)
        # One at a time of a story, or two deliveries at once would each start a task.
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(webhook.story, 11))))
        _ACTS[told.act](session, means, webhook, told, told.title)


def _import(session: Session, means: Means, webhook: Webhook, told: Told, title: ToldTitle) -> None:
    files = told.files or ((ToldFile(title.folder),) if title.folder else ())
    if not files:
        _note(webhook, Outcome.ERROR, "it names neither a file nor a folder")
        return
    fresh, known = told_before.sorted_out(session, webhook, files)
    if not fresh and known is not None:
        webhook.task_id, webhook.duplicate_of = known.task_id, known.webhook_id
        _note(webhook, Outcome.DUPLICATE, f"webhook {known.webhook_id} told of the same file before")
        return
    rows = [
        WebhookFile(
            webhook_id=webhook.id, place=told_before.place_of(webhook, one.path), mark=one.mark, task_id=0
        )
        for one in fresh
    ]
    session.add_all(rows)
    session.flush()
    again = webhook.origin is Origin.REPLAY
    new = [
        NewItem(
            "import",
            _about(webhook, title) | {"path": one.path, "delivery_id": row.id, "again": again},
            title=_base_name(one.path),
            subject=title.label or None,
        )
        for one, row in zip(fresh, rows, strict=True)
    ]
    task_id = _put(session, means, webhook, "import", f"Import {title.label}".strip(), new, join=not again)
    for row in rows:
        row.task_id = task_id
    _note(webhook, Outcome.TASK, told.note or None)
    _claim_upgrade(session, webhook, task_id)


def _rename(session: Session, means: Means, webhook: Webhook, told: Told, title: ToldTitle) -> None:
    if not told.renames:
        _look_again(session, means, webhook, title)
        return
    if _is_read_already(session, webhook, told):
        return
    pairs = [{"before": before, "now": now} for before, now in told.renames]
    # Several thousand files of one series may be renamed at once; a payload has its bounds.
    new = [
        NewItem(
            "follow_rename",
            _about(webhook, title) | {"renames": pairs[at : at + 200]},
            title=f"{len(pairs[at : at + 200])} files renamed"
            if len(pairs) > 1
            else _base_name(pairs[0]["now"]),
            subject=title.label or None,
        )
        for at in range(0, len(pairs), 200)
    ]
    _put(session, means, webhook, "follow_rename", f"Rename {title.label}".strip(), new)
    _supersede(session, webhook, [ToldFile(before) for before, _ in told.renames])
    _note(webhook, Outcome.TASK, None)


def _look_again(session: Session, means: Means, webhook: Webhook, title: ToldTitle) -> None:
    """Older versions tell that a title was renamed, and not what: a scan of its folder finds what moved."""
    if not title.folder:
        _note(webhook, Outcome.RECORDED, "it names neither a renamed file nor a folder")
        return
    about = _about(webhook, title) | {"path": title.folder}
    item = NewItem("import", about, title=_base_name(title.folder), subject=title.label or None)
    _put(session, means, webhook, "import", f"Look for what was renamed of {title.label}".strip(), [item])
    _note(webhook, Outcome.TASK, "it names no renamed file, so its folder is scanned")


def _delete(session: Session, means: Means, webhook: Webhook, told: Told, title: ToldTitle) -> None:
    if told.whole and not title.folder:
        _note(webhook, Outcome.ERROR, "it names no folder")
    elif not told.whole and not told.files:
        _note(webhook, Outcome.ERROR, "it names no file")
    elif not _is_read_already(session, webhook, told):
        check_gone(session, means, webhook, told, title)


def check_gone(session: Session, means: Means, webhook: Webhook, told: Told, title: ToldTitle) -> None:
    """Have it looked, after a time of grace, whether what was deleted is really gone."""
    paths = [] if told.whole else [one.path for one in told.files]
    payload = _about(webhook, title) | {
        "paths": paths,
        "folder": title.folder if told.whole else None,
        "told_at": webhook.received_at,
    }
    item = NewItem("check_gone", payload, title=told.label or None, subject=title.label or None)
    due = datetime.now(UTC) + timedelta(seconds=means.gone_after_seconds)
    _put(
        session, means, webhook, "check_gone", f"Check whether {title.label} is gone", [item],
        due=due if means.gone_after_seconds else None,
    )  # fmt: skip
    if told.whole:
        below = sa.func.starts_with(WebhookFile.place, told_before.place_of(webhook, title.folder) + "/")
        session.execute(
            sa.update(WebhookFile).where(below).values(superseded=True),
            execution_options={"synchronize_session": False},
        )
    _supersede(session, webhook, told.files)
    _note(webhook, Outcome.TASK, told.note or None)


def _replaced(session: Session, means: Means, webhook: Webhook, told: Told, title: ToldTitle) -> None:
    """The old file of an upgrade: its import is the story, whichever of the two comes first."""
    del means, title
    if _is_read_already(session, webhook, told):
        return
    _supersede(session, webhook, told.files)
    imported = session.scalar(
        sa.select(Webhook.task_id)
        .where(
            Webhook.story == webhook.story,
            Webhook.outcome == Outcome.TASK,
            Webhook.event.ilike("download"),
            Webhook.received_at > sa.func.now() - told_before.UPGRADE,
            Webhook.reason == arr_events.UPGRADE,
        )
        .order_by(Webhook.id.desc())
        .limit(1)
    )
    if imported is not None:
        webhook.task_id = imported
        _note(webhook, Outcome.TASK, "part of the upgrade that this task imports")
    else:
        _note(webhook, Outcome.WAITING, "replaced by an upgrade, whose import is still to come")


def _expect(session: Session, means: Means, webhook: Webhook, told: Told, title: ToldTitle) -> None:
    del told
    if not (title.tmdb_id or title.imdb_id or title.tvdb_id or title.title):
        _note(webhook, Outcome.ERROR, "it names neither an id nor a title")
        return
    item = NewItem("expect", _about(webhook, title), title=title.label or None, subject=title.label or None)
    _put(session, means, webhook, "expect", f"Get ready for {title.label}", [item])
    _note(webhook, Outcome.TASK, None)


_ACTS = {
    Act.IMPORT: _import,
    Act.RENAME: _rename,
    Act.DELETE: _delete,
    Act.REPLACED: _replaced,
    Act.EXPECT: _expect,
}


def _is_read_already(session: Session, webhook: Webhook, told: Told) -> bool:
    """Whether this came late, and the downloader's history told of it first; then that is noted."""
    if webhook.origin not in (Origin.HTTP, Origin.SPOOL) or told.whole:
        return False
    known = told_before.retold(session, webhook, told, [Origin.HISTORY])
    if known is None:
        return False
    webhook.task_id, webhook.duplicate_of = known.task_id, known.id
    _note(webhook, Outcome.DUPLICATE, f"webhook {known.id} was read from the history before")
    return True


def _put(
    session: Session,
    means: Means,
    webhook: Webhook,
    operation: str,
    title: str,
    new: Sequence[NewItem],
    *,
    join: bool = True,
    due: datetime | None = None,
) -> int:
    """Add items to the story's unfinished task of this operation, or start one; returns the task's id."""
    task_id = _unfinished(session, webhook, operation) if join else None
    frame = items.lock_frame(db.raw(session), task_id) if task_id else None
    if frame is not None and frame[0] in states.TASK_ACTIVE:
        rows = enqueue.checked_rows(means.registry, operation, new)
        items.insert_items(db.raw(session), frame[2], rows)
    else:
        task_id = enqueue.insert_task(
            session,
            means.registry,
            NewTask(
                type=operation,
                items=new,
                title=title,
                priority=Priority.HIGH if webhook.origin is Origin.HISTORY else Priority.CRITICAL,
                created_by=webhook.source,
                origin="webhook",
                meta={"config": means.config(session), "webhook_id": webhook.id},
                scheduled_for=due,
                automatic=True,
            ),
        )
        means.started.append(task_id)
    assert task_id is not None
    webhook.task_id = task_id
    return task_id


def _unfinished(session: Session, webhook: Webhook, operation: str) -> int | None:
    query = (
        sa.select(Webhook.task_id)
        .join(Task, Task.id == Webhook.task_id)
        .where(
            Webhook.story == webhook.story,
            Webhook.id != webhook.id,
            Task.type == operation,
            Task.status.in_(states.TASK_ACTIVE),
        )
        .order_by(Webhook.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def _claim_upgrade(session: Session, webhook: Webhook, task_id: int) -> None:
    """Make what was deleted for this import part of its story."""
    session.execute(
        sa.update(Webhook)
        .where(Webhook.story == webhook.story, Webhook.outcome == Outcome.WAITING)
        .values(outcome=Outcome.TASK, task_id=task_id, reason="part of the upgrade that this task imports")
        .execution_options(synchronize_session=False)
    )


def _supersede(session: Session, webhook: Webhook, files: Sequence[ToldFile]) -> None:
    """Files that are gone: what comes to their paths next is another file."""
    for one in files:
        those = sa.update(WebhookFile).where(WebhookFile.place == told_before.place_of(webhook, one.path))
        if one.mark is not None:
            those = those.where(sa.or_(WebhookFile.mark.is_(None), WebhookFile.mark == one.mark))
        session.execute(those.values(superseded=True), execution_options={"synchronize_session": False})


def _about(webhook: Webhook, title: ToldTitle) -> dict[str, Any]:
    """What every operation is told of the title and of who told it."""
    return {
        "downloader_id": webhook.downloader_id,
        "sender": webhook.source,
        "story": webhook.story,
        "kind": title.kind,
        "title": title.title or None,
        "year": title.year,
        "tmdb_id": title.tmdb_id,
        "imdb_id": title.imdb_id,
        "tvdb_id": title.tvdb_id,
    }


def _base_name(path: str) -> str:
    return (
        path.replace("\\", "/").rstrip("/").rpartition("/")[2]
        if told_before.WINDOWS.match(path)
        else path.rpartition("/")[2]
    )


def _note(webhook: Webhook, outcome: Outcome, reason: str | None) -> None:
    webhook.outcome, webhook.reason = outcome, reason
