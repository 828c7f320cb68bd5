"""One import: the scan of just the folder that a told file lies in, which goes on with just what is due there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.media import paths
from queueapp.media.ids import Ids
from queueapp.models.item import Item
from queueapp.models.library import Library
from queueapp.models.media import IdsSource, Media, MediaKind, MediaStatus
from queueapp.models.media_file import MediaFile
from queueapp.models.webhook import WebhookFile
from queueapp.services.library import scan_reads
from queueapp.services.library.scan_reads import Unfinished
from queueapp.services.library.scanning import Scanning
from queueapp.services.player import players
from queueapp.services.player.player_views import PlayerView
from queueapp.services.title import expected_titles
from queueapp.states import ItemStatus

#: Sources of ids that are no surer than what a downloader says.
_WEAKER = (IdsSource.MATCH, IdsSource.NAME, IdsSource.DOWNLOADER)


@dataclass(slots=True)
class Importing(Scanning):
    """A scan of one folder under a library's root, or of the files in the root itself."""

    #: The told file, or the title's folder, in the stored form.
    told: str = ""
    ids: Ids = field(default_factory=Ids)
    #: Go on with the told file though nothing is new about it.
    again: bool = False
    #: What the told path turned out to be.
    titles: list[str] = field(default_factory=list)

    def _unit(self, library: Library) -> str | None:
        below = self.path[len(library.path) :].strip("/")
        return below.partition("/")[0]

    def _unfinished(
        self, session: Session, library: Library, unit: str | None, changed: Sequence[int]
    ) -> list[Unfinished]:
        """What is due in the folder, and the told file's title even when another task has it in its backlog.

        Left out is what this task went on with before and has not changed since: the files of a pack come one
        by one, and each has the whole folder looked at.
        """
        told = _titles_at(session, library, self.told)
        note_ids(session, told, self.ids)
        expected_titles.arrived(session, _heads(session, told))
        due = scan_reads.unfinished_titles(session, library.id, self.context.task_id, unit, changed)
        due += scan_reads.titles(session, [one.id for one in told if self.again or _is_due(one)])
        self.titles = [one.label for one in scan_reads.titles(session, [one.id for one in told])]
        known = _chained(session, self.context.task_id) - set(changed)
        found = {one.id: one for one in due if one.id not in known}
        return sorted(found.values(), key=lambda one: one.kind != "show")

    def _listeners(self, session: Session) -> list[PlayerView]:
        """The players that this task is not about to tell anyway."""
        return unasked(session, self.context.task_id)


def unasked(session: Session, task_id: int) -> list[PlayerView]:
    """The enabled players that a task has no unstarted item for."""
    asked = sa.select(Item.payload["player_id"].as_integer()).where(
        Item.task_id == task_id, Item.type.like("notify%"), Item.status == ItemStatus.QUEUED
    )
    waiting = set(session.scalars(asked))
    return [one for one in players.enabled_players(session) if one.id not in waiting]


def note_ids(session: Session, told: Sequence[Media], ids: Ids) -> None:
    """Give the film, or the show of the episodes, the ids that a downloader knows it by."""
    values: dict[str, Any] = {"tmdb_id": ids.tmdb, "imdb_id": ids.imdb, "tvdb_id": ids.tvdb}
    given = {name: value for name, value in values.items() if value}
    those = {one.show_id if one.kind is MediaKind.EPISODE else one.id for one in told}
    if not given or not those:
        return
    unsure = sa.or_(Media.ids_source.is_(None), Media.ids_source.in_(_WEAKER))
    session.execute(
        sa.update(Media)
        .where(Media.id.in_(those), unsure)
        .values(**given, ids_source=IdsSource.DOWNLOADER)
        .execution_options(synchronize_session="fetch")
    )


def is_visible(path: str) -> bool:
    """Whether a stored path is there to be read."""
    return os.access(paths.on_disk(path), os.R_OK)


def is_folder(path: str) -> bool:
    """Whether a stored path is a folder."""
    return Path(paths.on_disk(path)).is_dir()


def seconds_missed(session: Session, delivery_id: int | None, item_id: int) -> float:
    """How long a file has been looked for in vain, this look included."""
    now = sa.func.clock_timestamp()
    if delivery_id is not None:
        first = sa.func.coalesce(WebhookFile.missed_at, now)
        row = sa.update(WebhookFile).where(WebhookFile.id == delivery_id).values(missed_at=first)
        seconds = session.scalar(row.returning(sa.func.extract("epoch", now - WebhookFile.missed_at)))
        if seconds is not None:
            return float(seconds)
    created = session.scalar(
        sa.select(sa.func.extract("epoch", now - Item.created_at)).where(Item.id == item_id)
    )
    return float(created or 0.0)


def forget_missed(session: Session, delivery_id: int | None) -> None:
    """Let the next look for a file be the first again."""
    session.execute(sa.update(WebhookFile).where(WebhookFile.id == delivery_id).values(missed_at=None))


def _titles_at(session: Session, library: Library, told: str) -> list[Media]:
    """The titles that a told file is part of, or that lie in a told folder."""
    below = sa.func.starts_with(Media.main_path, told.rstrip("/") + "/")
    of_file = sa.select(MediaFile.media_id).where(MediaFile.path == told)
    query = sa.select(Media).where(
        Media.library_id == library.id,
        Media.status == MediaStatus.PRESENT,
        sa.or_(Media.id.in_(of_file), below),
    )
    return list(session.scalars(query))


def _heads(session: Session, told: Sequence[Media]) -> list[Media]:
    """The films, and the shows of the episodes."""
    shows = {one.show_id for one in told if one.show_id is not None}
    films = [one for one in told if one.kind is MediaKind.MOVIE]
    return films + list(session.scalars(sa.select(Media).where(Media.id.in_(shows))))


def _is_due(title: Media) -> bool:
    return title.fingerprint not in (title.published_fingerprint, title.failed_fingerprint)


def _chained(session: Session, task_id: int) -> set[int]:
    query = sa.select(Item.payload["media_id"].as_integer()).where(
        Item.task_id == task_id, Item.type.in_(["analyze", "enrich"])
    )
    return {one for one in session.scalars(query) if one is not None}
