"""Looks, a while after a downloader deleted something, whether it is really gone, and tells the players."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from actors.told import AboutTitle
from queueapp.errors import RetryLater
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.models.library import Library
from queueapp.operations import operation
from queueapp.services.arr import told_paths
from queueapp.services.library import importing
from queueapp.services.library.scanning import notifications
from queueapp.services.phase_config import PhaseConfig
from queueapp.services.title import gone_titles


class CheckGone(AboutTitle):
    """What a check is given."""

    paths: list[str] = Field(
        [], max_length=1000, description="The deleted files, as the downloader spells them"
    )
    folder: str | None = Field(
        None, max_length=4096, description="The deleted title's whole folder, likewise"
    )
    told_at: datetime | None = Field(None, description="When it was told; the time of grace begins then")


@operation(
    "check_gone",
    payload=CheckGone,
    phase="scan",
    timeout_seconds=600,
    concurrency_key=lambda payload: payload.key,
    grows=True,
    public=False,
)
def perform(payload: CheckGone, context: Context) -> dict[str, Any]:
    """Mark titles gone whose files a downloader deleted, if they are really gone, and tell the players."""
    grace = context.settings.webhooks.gone_after_seconds
    with context.transaction() as session:
        left = gone_titles.seconds_left(session, payload.told_at, grace)
    if left > 0:
        raise RetryLater(f"looked at {grace} s after the deletion", left, uses_attempt=False)
    gone: list[str] = []
    there: list[str] = []
    for library, files, folder in _places(payload, context):
        gone_titles.refuse_unmounted(library)
        with context.transaction() as session:
            titles = gone_titles.titles_of(session, library, files, folder)
        lost, kept = gone_titles.look(titles)
        with context.transaction() as session:
            gone += gone_titles.labels(session, lost)
            there += gone_titles.labels(session, kept)
            if not context.dry_run:
                gone_titles.mark_gone(session, library, lost, context.task_id)
    _tell(context, gone, there)
    return {"gone": gone, "still_there": there}


def _places(payload: CheckGone, context: Context) -> list[tuple[Library, list[str], str | None]]:
    """Each library concerned, with our paths of the files in it, or of the folder."""
    found: dict[int, tuple[Library, list[str], str | None]] = {}
    with context.transaction() as session:
        teller = told_paths.Teller(session, payload.downloader_id, payload.sender)
        for told in payload.paths:
            path = teller.ours(told)
            library = teller.library_of(session, path, told)
            found.setdefault(library.id, (library, [], None))[1].append(told_paths.inside(library, path))
        if payload.folder:
            path = teller.ours(payload.folder)
            library = teller.library_of(session, path, payload.folder)
            inside = told_paths.inside(library, path)
            # The library's own root is no title's folder, whoever says so.
            folder = inside if inside != library.path else None
            found[library.id] = (library, found.get(library.id, (library, [], None))[1], folder)
    return list(found.values())


def _tell(context: Context, gone: list[str], there: list[str]) -> None:
    for label in gone:
        context.log(f"{paths.readable(label)} is gone")
    for label in there:
        context.log(f"{paths.readable(label)} is still there, and stays")
    if not gone and not there:
        context.log("No title is on record there")
    notify = PhaseConfig.model_validate(context.meta.get("config") or {}).player_sync.notify
    if gone and notify and not context.dry_run:
        with context.transaction() as session:
            listeners = importing.unasked(session, context.task_id)
        context.add_items(notifications(listeners))
