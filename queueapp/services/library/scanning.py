"""One scan, from the folder to the titles on record and the items that go on with them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.config import Settings
from queueapp.errors import NotFound, PathRefused, Permanent
from queueapp.execution.rows import NewItem
from queueapp.media import nfo_ids, paths
from queueapp.media.ids import Ids
from queueapp.media.kind_guess import guess_kind
from queueapp.media.options import ScanOptions
from queueapp.media.plan import KnownTitle, Match, Plan, compare
from queueapp.media.survey import Survey, lies_in, survey
from queueapp.media.walk import Folder, Walk
from queueapp.models.library import Library, LibraryKind
from queueapp.services import phase_config
from queueapp.services.library import libraries, scan_reads, scan_report, scan_writes
from queueapp.services.library.library_paths import allowed_roots
from queueapp.services.library.scan_reads import Unfinished
from queueapp.services.player import players
from queueapp.services.player.player_views import PlayerView

#: Gone at once, a larger share than this is an unmounted disk rather than a deletion.
MOST_GONE = 0.2
#: Titles written in one transaction.
BATCH = 500
#: Share of the progress that the walk takes.
_WALK_SHARE = 0.8
#: How often the same titles are recorded before it is an error that others record them too.
_TRIES = 4


class Running(Protocol):
    """What a scan needs of the running item."""

    task_id: int
    dry_run: bool

    @property
    def settings(self) -> Settings:
        """The settings of this process."""

    @property
    def meta(self) -> dict[str, Any]:
        """The task's meta."""

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Tell how far it is."""

    def log(self, message: str, level: str = "info") -> None:
        """Add a line to the item's log."""

    def warn(self, message: str) -> None:
        """Add a warning to the task."""

    def check_canceled(self) -> None:
        """Stop here when the item is canceled."""

    def transaction(self) -> AbstractContextManager[Session]:
        """A short transaction."""

    def add_items(self, new_items: Sequence[NewItem]) -> None:
        """Add follow-up items."""


@dataclass(slots=True)
class Scanning:
    """A scan of a library, or of the folder under its root that `path` lies in."""

    context: Running
    path: str
    library_id: int | None = None
    kind: LibraryKind | None = None
    accept_gone: bool = False

    def run(self) -> dict[str, Any]:
        """Look, compare, record, chain on; returns the counts. Raises Permanent for an unfit folder."""
        config = self._config()
        library = self._library()
        unit = self._unit(library)
        walk = self._walk(library, config)
        top = self._top(walk, unit)
        with self.context.transaction() as session:
            digests = scan_reads.folder_digests(session, library.id, unit)
        seen = survey(walk, top, digests, self._tell, None if unit is None else paths.on_disk(unit))
        plan = self._compare(library, walk, seen)
        self._refuse_mass_loss(library, plan)
        scan_report.tell_problems(self.context, walk, seen)
        if self.context.dry_run:
            return scan_report.dry_run(self.context, walk, seen, plan)
        plan, changed = self._record_anew(library, walk, seen, plan)
        chained = self._chain(library, unit, changed, plan, config)
        return scan_report.result(self.context, library, walk, seen, plan, chained)

    def _config(self) -> dict[str, Any]:
        config = self.context.meta.get("config")
        if isinstance(config, dict):
            return config
        with self.context.transaction() as session:
            return phase_config.snapshot(session)

    def _library(self) -> Library:
        settings = self.context.settings
        try:
            with self.context.transaction() as session:
                library_id = self.library_id
                if library_id is None:
                    target = libraries.resolve_scan_path(session, settings, self.path)
                    self.path, library_id = target.path, target.library_id
                library = libraries.load(session, library_id) if library_id else self._adopted(session)
                session.expunge(library)
                return library
        except (NotFound, PathRefused) as refused:
            raise Permanent(refused.message) from None

    def _adopted(self, session: Session) -> Library:
        kind = self.kind or LibraryKind(guess_kind(paths.on_disk(self.path)))
        if self.context.dry_run:
            raise Permanent(f"{self.path} is no library yet; a dry run does not make it one")
        library = libraries.adopt_folder(session, self.context.settings, self.path, kind)
        session.flush()
        self.context.log(f"{library.path} is now the library {library.name!r} ({kind.value})")
        return library

    def _unit(self, library: Library) -> str | None:
        if not paths.is_inside(self.path, library.path):
            raise Permanent(f"{self.path} does not lie in the library {library.name!r} at {library.path}")
        return self.path[len(library.path) :].strip("/").partition("/")[0] or None

    def _walk(self, library: Library, config: dict[str, Any]) -> Walk:
        options = ScanOptions.from_config({**config.get("scan", {}), **library.options.get("scan", {})})
        return Walk(
            paths.on_disk(library.path),
            options,
            library.kind.value,
            [paths.on_disk(root) for root in allowed_roots(self.context.settings)],
            self.context.check_canceled,
        )

    def _top(self, walk: Walk, unit: str | None) -> Folder:
        root = paths.stored(walk.root)
        top = walk.top()
        if top is None and walk.problems:
            raise Permanent(
                f"{root} {walk.problems[0].message}; is the disk mounted, and may queueapp read it?"
            )
        if top is None:
            raise Permanent(f"{root} is not there, or hidden by .nomedia or .ignore; is the disk mounted?")
        if not (top.files or top.subfolders or self.accept_gone):
            raise Permanent(f"{root} is empty; is the disk mounted? Nothing was changed")
        if unit and paths.on_disk(unit) not in top.subfolders:
            raise Permanent(f"{paths.join(root, unit)} is not there, or is left out of scans")
        return top

    def _tell(self, done: int, total: int, name: str) -> None:
        fraction = _WALK_SHARE * done / max(total, 1)
        self.context.progress(fraction, f"looking at {name}" if name else "looked at all folders")

    def _compare(self, library: Library, walk: Walk, seen: Survey) -> Plan:
        if not seen.changed_units:
            return Plan()
        with self.context.transaction() as session:
            known = scan_reads.known_titles(session, library, seen.changed_units, seen.titles)

        def may_be_gone(title: KnownTitle) -> bool:
            return not lies_in(title.main_path, walk.unreadable)

        return compare(seen.titles, known, detect_moves=walk.options.detect_moves, may_be_gone=may_be_gone)

    def _refuse_mass_loss(self, library: Library, plan: Plan) -> None:
        if not plan.gone or self.accept_gone:
            return
        with self.context.transaction() as session:
            present = scan_reads.count_present(session, library.id)
        if len(plan.gone) > MOST_GONE * present:
            names = ", ".join(one.label for one in plan.gone[:3]) + (", …" if len(plan.gone) > 3 else "")
            raise Permanent(
                f"{len(plan.gone)} of {present} titles are gone at once ({names}), "
                "which looks like a disk that is not mounted; nothing was changed. "
                "If they were deleted on purpose, scan with accept_gone"
            )

    def _record_anew(self, library: Library, walk: Walk, seen: Survey, plan: Plan) -> tuple[Plan, list[int]]:
        """Record; when another scan recorded the same titles just now, compare with those and record again."""
        for _ in range(_TRIES - 1):
            try:
                return plan, self._record(library, seen, plan)
            except (sa.exc.IntegrityError, psycopg.errors.UniqueViolation):
                plan = self._compare(library, walk, seen)
                self._refuse_mass_loss(library, plan)
        return plan, self._record(library, seen, plan)

    def _record(self, library: Library, seen: Survey, plan: Plan) -> list[int]:
        """Write titles, then who is gone, the folders' digests last; returns ids of changed titles."""
        parents = {one.found.key: one.known.id for one in plan.matches if one.known}
        due = [one for one in plan.matches if not one.stands]
        ids = self._read_nfo_ids(library, due)
        with self.context.transaction() as session:
            scan_writes.free_keys(session, _moved_ids(plan))
        changed: list[int] = []
        for batch in _batches(due):
            with self.context.transaction() as session:
                changed += scan_writes.record_titles(session, library, batch, parents, ids)
            share = _WALK_SHARE + (1 - _WALK_SHARE) * len(changed) / len(due)
            self.context.progress(share, f"{len(changed):,} of {len(due):,} titles recorded")
        with self.context.transaction() as session:
            scan_writes.mark_gone(session, [one.id for one in plan.gone], self.context.task_id)
            if library.kind is LibraryKind.TV and (due or plan.gone):
                scan_writes.settle_shows(session, library.id)
            scan_writes.keep_digests(session, library.id, seen.digests, seen.forgotten)
            scan_writes.note_scan(session, library.id, self.context.task_id)
        return changed

    def _read_nfo_ids(self, library: Library, due: Sequence[Match]) -> dict[str, Ids]:
        root = paths.on_disk(library.path)
        found: dict[str, Ids] = {}
        for match in due:
            self.context.check_canceled()
            own = match.known.own if match.known else frozenset()
            if ids := nfo_ids.read(root, match.found, own):
                found[match.found.key] = ids
        return found

    def _chain(
        self, library: Library, unit: str | None, changed: Sequence[int], plan: Plan, config: dict[str, Any]
    ) -> int:
        """Add an item for each title to go on with, and for each player if there is anything to tell."""
        task_id = self.context.task_id
        with self.context.transaction() as session:
            unfinished = self._unfinished(session, library, unit, changed)
            scan_writes.chain_on(session, [one.id for one in unfinished], task_id)
            listeners = self._listeners(session)
        self.context.add_items([self._follow_up(one) for one in unfinished])
        if (unfinished or plan.gone) and config.get("playerSync", {}).get("notify", True):
            self.context.add_items(notifications(listeners))
        return len(unfinished)

    def _unfinished(
        self, session: Session, library: Library, unit: str | None, changed: Sequence[int]
    ) -> list[Unfinished]:
        """The titles to go on with."""
        return scan_reads.unfinished_titles(session, library.id, self.context.task_id, unit, changed)

    def _follow_up(self, title: Unfinished) -> NewItem:
        """The item that goes on with a title."""
        operation = "enrich" if title.kind == "show" else "analyze"
        return NewItem(operation, {"media_id": title.id}, title=title.label, subject=title.label)

    def _listeners(self, session: Session) -> list[PlayerView]:
        """The players to tell at the end."""
        return players.enabled_players(session)


def notifications(listeners: Sequence[PlayerView]) -> list[NewItem]:
    """The items that tell players at the end of a task; one that fails only warns."""
    return [
        NewItem(
            f"notify_{one.kind.value}",
            {"player_id": one.id},
            title=f"Tell {one.name}",
            optional=True,
            barrier=True,
        )
        for one in listeners
    ]


def _moved_ids(plan: Plan) -> list[int]:
    pairs = ((one.known, one.found) for one in plan.matches)
    return [known.id for known, found in pairs if known and known.key != paths.stored(found.key)]


def _batches(matches: Sequence[Match]) -> list[list[Match]]:
    """Shows, then seasons, then what has files: children need their parents' ids."""
    order = {"show": 0, "season": 1}
    groups: dict[int, list[Match]] = {}
    for match in matches:
        groups.setdefault(order.get(match.found.kind, 2), []).append(match)
    return [
        group[at : at + BATCH] for _, group in sorted(groups.items()) for at in range(0, len(group), BATCH)
    ]
