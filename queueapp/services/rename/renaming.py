"""One rename from the request to the records: of a title, or of many, each as an item of its own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.errors import Permanent, Skip
from queueapp.execution.context import Context
from queueapp.execution.rows import NewItem
from queueapp.media import paths
from queueapp.media.rename_plan import Refused, RenamePlan
from queueapp.models.library import Library
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.models.media_file import MediaFile
from queueapp.services.library import importing, scan_reads
from queueapp.services.library.scanning import notifications
from queueapp.services.phase_config import PhaseConfig
from queueapp.services.rename import carrying_out, managed, planning
from queueapp.services.rename.journal import Former, RenameRecord
from queueapp.services.rename.planning import Subject
from queueapp.services.title.media_places import place_of

OPERATION = "rename"
#: Lines of a plan that are kept with an item's result.
_MOST_SHOWN = 500


def rename_title(context: Context, media_id: int, template: str | None, *, force: bool) -> dict[str, Any]:
    """Rename one title. Raises Skip when its names are right already, Permanent (Refused) where it may not be done."""
    subject = _load(context, media_id, template)
    finished = None if context.dry_run else carrying_out.settle(context, subject.library)
    if finished is not None:
        return _finish(context, finished.record.plan(), subject)
    who = managed.manager(context, subject)
    if who is not None and not force and not context.dry_run:
        raise Refused(managed.refusal(subject.label, who))
    plan = planning.plan(subject)
    if not plan.steps:
        raise Skip(f"{subject.label} is named so already", reason="unchanged")
    _tell(context, plan)
    if context.dry_run:
        if who is not None and not force:
            context.warn(managed.refusal(subject.label, who))
        more = {"managed_by": who.name if who else None}
        return view(plan) | more | {"message": f"Would rename {_counted(plan)} of {subject.label}"}
    with context.transaction() as session:
        record = RenameRecord.of(plan, formers(session, subject.family, plan))
    entry = carrying_out.begin(context, subject.library, media_id, subject.label, record)
    carrying_out.carry_out(context, entry)
    return _finish(context, plan, subject)


def rename_many(
    context: Context, library_id: int | None, path: str | None, template: str | None, *, force: bool
) -> dict[str, Any]:
    """Add an item for each film and series of a library, or of a folder in one."""
    with context.transaction() as session:
        titles = _titles(session, context, library_id, path)
        left = [] if force else _managed(session, context, titles)
        found = scan_reads.titles(session, [one for one in titles if one not in left])
    if left:
        context.log(f"{len(left)} titles are left alone: Radarr or Sonarr manage them")
    context.add_items(
        [
            NewItem(
                OPERATION,
                {"media_id": one.id, "template": template, "force": force},
                title=f"Rename {one.label}",
                subject=one.label,
            )
            for one in found
        ]
    )
    return {"message": f"{len(found)} titles to look at", "titles": len(found), "managed": len(left)}


def _managed(session: Session, context: Context, titles: list[int]) -> list[int]:
    """Those of many titles that a downloader manages."""
    left = []
    for one in titles:
        subject = planning.load(session, context.settings, one, None)
        if managed.known_manager(session, subject) is not None:
            left.append(one)
    return left


def view(plan: RenamePlan) -> dict[str, Any]:
    """A plan for people: before → after of each file and folder."""
    moved = [{"before": paths.readable(one.before), "after": paths.readable(one.now)} for one in plan.files]
    folders = [
        {"before": paths.readable(one.before), "after": paths.readable(one.now)} for one in plan.folders
    ]
    return {
        "files": moved[:_MOST_SHOWN],
        "folders": folders[:_MOST_SHOWN],
        "made": [paths.readable(one) for one in plan.made][:_MOST_SHOWN],
        "removed": [paths.readable(one) for one in plan.dropped][:_MOST_SHOWN],
        "total_files": len(plan.files),
    }


def formers(session: Session, family: list[int], plan: RenamePlan) -> list[Former]:
    """The titles that come to lie elsewhere, as players know them now."""
    found = []
    for one in session.scalars(sa.select(Media).where(Media.id.in_(family), Media.kind != MediaKind.SEASON)):
        place = one.main_path or one.folder
        if one.status is MediaStatus.PRESENT and plan.final(place) != place:
            show = session.get(Media, one.show_id) if one.show_id else None
            folder = show.folder if show else one.folder
            found.append(Former(kind=one.kind.value, title=one.title, file=one.main_path, folder=folder))
    return found


def tell_players(context: Context) -> None:
    """Have the players told at the end of the task, once."""
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).player_sync
    if phase.notify:
        with context.transaction() as session:
            listeners = importing.unasked(session, context.task_id)
        context.add_items(notifications(listeners))


def take_back_leftovers(context: Context, library_id: int) -> None:
    """Take back renames of a library that nobody will finish. Raises RetryLater while one is at work."""
    with context.transaction() as session:
        library = session.get(Library, library_id)
        session.expunge_all()
    if library is not None:
        carrying_out.settle(context, library)


def _load(context: Context, media_id: int, template: str | None) -> Subject:
    try:
        with context.transaction() as session:
            subject = planning.load(session, context.settings, media_id, template)
            session.expunge_all()
    except (errors.NotFound, errors.WrongStatus) as gone:
        raise Skip(gone.message, reason="gone") from None
    except errors.BadPayload as bad:
        raise Permanent(bad.message) from None
    return subject


def _finish(context: Context, plan: RenamePlan, subject: Subject) -> dict[str, Any]:
    tell_players(context)
    tell_downloader(context, subject)
    return view(plan) | {"message": f"Renamed {_counted(plan)} of {subject.label}"}


def tell_downloader(context: Context, subject: Subject) -> None:
    """Have the downloader that manages a title told; `subject` is the title as it was before."""
    with context.transaction() as session:
        who = managed.known_manager(session, subject)
    if who is None:
        try:
            who = managed.manager(context, subject)
        except errors.RetryLater:
            context.warn(f"{subject.label}: no downloader could be asked whether it manages it")
    if who is None or who.downloader_id is None:
        return
    folder = (subject.show or subject.media).folder
    payload = {"downloader_id": who.downloader_id, "media_id": subject.media.id, "former_folder": folder}
    context.add_items(
        [
            NewItem(
                "rescan_downloader", payload, title=f"Tell {who.name}", subject=subject.label, optional=True
            )
        ]
    )


def _tell(context: Context, plan: RenamePlan) -> None:
    verb = "Would rename" if context.dry_run else "Renaming"
    pairs = [(one.before, one.now) for one in plan.folders] + [(one.before, one.now) for one in plan.files]
    for before, now in pairs:
        context.log(f"{verb} {paths.readable(before)} to {paths.readable(now)}")


def _counted(plan: RenamePlan) -> str:
    parts = [
        f"{number} {word}{'' if number == 1 else 's'}"
        for number, word in ((len(plan.files), "file"), (len(plan.folders), "folder"))
        if number
    ]
    return " and ".join(parts)


def _titles(session: Session, context: Context, library_id: int | None, path: str | None) -> list[int]:
    """The films and series to rename; of a folder inside a series those episodes alone. Raises Permanent."""
    whole = sa.select(Media.id).where(Media.status == MediaStatus.PRESENT)
    if path is None:
        if session.get(Library, library_id) is None:
            raise Permanent(f"there is no library {library_id}")
        query = whole.where(Media.library_id == library_id, Media.kind.in_([MediaKind.MOVIE, MediaKind.SHOW]))
        return list(session.scalars(query.order_by(Media.folder, Media.id)))
    place = place_of(session, context.settings, path)
    if place.library_id is None:
        raise Permanent(f"{place.shown} lies in no library")
    library = session.get_one(Library, place.library_id)
    if place.path == library.path:
        return _titles(session, context, library.id, None)
    below = sa.func.starts_with(MediaFile.path, place.path.rstrip("/") + "/")
    files = sa.select(MediaFile.media_id).where(sa.or_(MediaFile.path == place.path, below))
    inside = list(
        session.execute(
            sa.select(Media.id, Media.show_id, Media.kind).where(
                Media.library_id == library.id, Media.status == MediaStatus.PRESENT, Media.id.in_(files),
                Media.kind.in_([MediaKind.MOVIE, MediaKind.EPISODE]),
            ).order_by(Media.main_path)
        )
    )  # fmt: skip
    shows = _whole_shows(session, place.path, {row.show_id for row in inside if row.show_id})
    return list(dict.fromkeys(row.show_id if row.show_id in shows else row.id for row in inside))


def _whole_shows(session: Session, path: str, show_ids: set[int]) -> set[int]:
    """The series whose folder is, or lies in, the folder asked for."""
    shows = session.scalars(sa.select(Media).where(Media.id.in_(show_ids)))
    return {one.id for one in shows if paths.is_inside(one.folder, path)}
