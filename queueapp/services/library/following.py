"""Follow renames that a downloader made: records, NFO and artwork move along, and nothing is fetched again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.execution.rows import NewItem
from queueapp.media import paths, sidecars
from queueapp.media.plan import Plan
from queueapp.media.survey import Survey
from queueapp.media.walk import Walk
from queueapp.models.library import Library
from queueapp.models.media import Media, MediaStatus
from queueapp.services.library import importing, scan_reads
from queueapp.services.library.scan_reads import Unfinished
from queueapp.services.library.scanning import Scanning
from queueapp.services.player.player_views import PlayerView


@dataclass(slots=True)
class Following(Scanning):
    """A scan of one folder after renames in it, `renames` being our paths before and now, in the stored form."""

    renames: dict[str, str] = field(default_factory=dict)
    #: What was known of the titles before, by id.
    before: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: Titles that only need to be published at their new place, with their group.
    moved: dict[int, int] = field(default_factory=dict)
    files: list[sidecars.Move] = field(default_factory=list)

    def _unit(self, library: Library) -> str | None:
        below = self.path[len(library.path) :].strip("/")
        return below.partition("/")[0]

    def _compare(self, library: Library, walk: Walk, seen: Survey) -> Plan:
        """As in a scan, with moves always looked for and what is known of the titles remembered."""
        walk.options = replace(walk.options, detect_moves=True)
        with self.context.transaction() as session:
            known = session.scalars(sa.select(Media).where(Media.main_path.in_(self.renames)))
            for one in known:
                names = ("title", "year", "match_state", "enriched_at", "published_at")
                self.before.setdefault(one.id, {name: getattr(one, name) for name in names})
        return Scanning._compare(self, library, walk, seen)

    def _unfinished(
        self, session: Session, library: Library, unit: str | None, changed: Sequence[int]
    ) -> list[Unfinished]:
        for media_id, known in self.before.items():
            title = session.get(Media, media_id)
            if title is None or title.status is not MediaStatus.PRESENT or known["enriched_at"] is None:
                continue
            # A scan goes by names; what enrichment said of this very title still holds.
            title.title, title.year, title.match_state = known["title"], known["year"], known["match_state"]
            if known["published_at"] is not None:
                title.analyzed_fingerprint = title.fingerprint
                self.moved[media_id] = title.show_id or media_id
        session.flush()
        return scan_reads.unfinished_titles(session, library.id, self.context.task_id, unit, changed)

    def _follow_up(self, title: Unfinished) -> NewItem:
        if title.id not in self.moved:
            return Scanning._follow_up(self, title)
        payload = {"media_id": title.id, "group": self.moved[title.id]}
        return NewItem("publish", payload, title=title.label, subject=title.label)

    def _listeners(self, session: Session) -> list[PlayerView]:
        return importing.unasked(session, self.context.task_id)


def move_sidecars(
    session: Session, root: str, renames: dict[str, str]
) -> tuple[list[sidecars.Move], list[str]]:
    """Move what belongs to renamed videos, and note it on their titles; returns what moved and what could not."""
    moved: list[sidecars.Move] = []
    left: list[str] = []
    for before, now in renames.items():
        for move in sidecars.moves(before, now):
            if sidecars.carry_out(move, root):
                moved.append(move)
            else:
                left.append(move.before)
    places = {one.before: one.now for one in moved}
    for title in session.scalars(sa.select(Media).where(Media.main_path.in_(renames))):
        # Also what an earlier attempt moved before it was cut short.
        title.published_files = {
            places.get(path, _renamed(path, renames) or path): stamp
            for path, stamp in title.published_files.items()
        }
    return moved, left


def _renamed(path: str, renames: dict[str, str]) -> str | None:
    """Where a file of ours must have gone that is not at its old place any more."""
    for before, now in renames.items():
        stem, target = before.rpartition(".")[0], now.rpartition(".")[0]
        there = target + path[len(stem) :]
        if path.startswith(stem) and not importing.is_visible(path) and importing.is_visible(there):
            return there
    return None


def folders(renames: dict[str, str], library: Library) -> list[str]:
    """The folders to look at, one for each folder under the library's root."""
    found: dict[str, str] = {}
    for now in renames.values():
        unit = now[len(library.path) :].strip("/").partition("/")[0]
        found.setdefault(unit, paths.parent(now))
    return list(found.values())
