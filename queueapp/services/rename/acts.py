"""A person has one title renamed: as a task, refused at once where that is known already."""

from __future__ import annotations

from queueapp import errors
from queueapp.execution.rows import NewItem
from queueapp.media.rename_plan import RenamePlan
from queueapp.models.library import LibraryKind
from queueapp.runtime import Runtime
from queueapp.services import enqueue, phase_config
from queueapp.services.enqueue import Created, NewTask
from queueapp.services.rename import managed, planning
from queueapp.services.rename.managed import Manager
from queueapp.services.rename.renaming import OPERATION
from queueapp.services.title.title_acts import Asked


def rename(runtime: Runtime, media_id: int, asked: Asked, template: str | None, *, force: bool) -> Created:
    """Enqueue the rename of a title, and of what is below it; one that is not finished is returned.

    Raises NotFound, WrongStatus, BadPayload for a bad template, Conflict for what a downloader manages.
    """
    with runtime.transaction() as session:
        subject = planning.load(session, runtime.settings, media_id, template)
        who = None if force or asked.dry_run else managed.known_manager(session, subject)
        config = phase_config.snapshot(session)
        library_id = subject.media.library_id
    if who is not None:
        raise errors.Conflict(managed.refusal(subject.label, who))
    payload = {"media_id": media_id, "template": template, "force": force}
    dry = ":dry" if asked.dry_run else ""
    return enqueue.create_task(
        runtime,
        NewTask(
            type=OPERATION,
            items=[NewItem(OPERATION, payload, title=f"Rename {subject.label}", subject=subject.label)],
            title=f"Rename {subject.label}",
            created_by=asked.by,
            origin=asked.origin,
            meta={"config": config, "media_id": media_id, "library_id": library_id},
            dry_run=asked.dry_run,
            dedup_key=f"rename:media:{media_id}{dry}" if template is None else None,
            on_conflict="return",
        ),
    )


def preview(runtime: Runtime, media_id: int, template: str | None) -> tuple[RenamePlan, str, Manager | None]:
    """The plan for a title, the template it follows, and who manages it. Raises as `rename`, and Refused."""
    with runtime.transaction() as session:
        subject = planning.load(session, runtime.settings, media_id, template)
        who = managed.known_manager(session, subject)
        session.expunge_all()
    in_force = subject.templates
    text = in_force.movie if subject.library.kind is LibraryKind.MOVIES else in_force.episode
    return planning.plan(subject), text.text, who
