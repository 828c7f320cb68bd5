"""What is on record of renamed titles moves along, so that the next scan finds nothing new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.errors import Permanent
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.media.options import ScanOptions
from queueapp.media.plan import KnownTitle, Match, compare
from queueapp.media.rename_plan import RenamePlan
from queueapp.media.survey import Survey, survey
from queueapp.media.walk import Walk
from queueapp.models.library import Library, LibraryKind
from queueapp.models.media import Media, MediaStatus
from queueapp.services import phase_config
from queueapp.services.library import scan_reads, scan_writes
from queueapp.services.library.library_paths import allowed_roots

#: What a scan would reset or make look undone, and a rename leaves as it was.
_KEPT = ("title", "year", "match_state", "match_score")
_FINGERPRINTS = ("analyzed_fingerprint", "published_fingerprint", "failed_fingerprint")


class NotFoundAgain(Permanent):
    """A scan would not find a title again under its new name."""


@dataclass(slots=True)
class Seen:
    """The units that a rename concerns, as they are after it, each by itself."""

    library: Library
    units: dict[str, Survey]


def look(context: Context, library: Library, plan: RenamePlan) -> Seen:
    """Look at the folders that the files came from and went to. Raises Permanent for unreadable ones."""
    with context.transaction() as session:
        config = phase_config.snapshot(session)
    options = ScanOptions.from_config({**config["scan"], **library.options.get("scan", {})})
    roots = [paths.on_disk(root) for root in allowed_roots(context.settings)]
    seen = Seen(library, {})
    for unit in sorted({_unit(library, path) for one in plan.files for path in (one.before, one.now)}):
        walk = Walk(paths.on_disk(library.path), options, library.kind.value, roots)
        top = walk.top()
        if top is None:
            raise Permanent(f"{library.path} cannot be read; is the disk mounted?")
        with context.transaction() as session:
            known = scan_reads.folder_digests(session, library.id, unit)
        # A digest that fits no folder has the unit looked at even where nothing in it seems to differ.
        seen.units[unit] = survey(walk, top, known | {unit: ""}, lambda *_: None, paths.on_disk(unit))
    return seen


def move(session: Session, seen: Seen, plan: RenamePlan, family: Sequence[int], task_id: int) -> None:
    """Have the records of a film, or of a series with all its parts, say where everything lies now.

    Raises NotFoundAgain, and nothing is changed then.
    """
    library = seen.library
    titles = list(
        session.scalars(sa.select(Media).where(Media.id.in_(family), Media.status == MediaStatus.PRESENT))
    )
    before = {one.id: _kept(one) for one in titles}
    moved = [
        one.id for one in titles if plan.final(one.main_path or one.folder) != (one.main_path or one.folder)
    ]
    for one in titles:
        _move_own_files(one, plan)
    session.flush()
    found = [one for each in seen.units.values() for one in each.titles]
    known = scan_reads.known_titles(session, library, seen.units, found)
    known = _without_gone_ones_in_the_way(session, library, plan, found, known, set(before))
    told = {_below(library, one.now): _below(library, one.before) for one in plan.files}
    matches = compare(found, known, detect_moves=True, may_be_gone=lambda _: True, told=told)
    ours = _ours(matches.matches, set(before))
    _refuse_lost(plan, titles, ours)
    _record(session, library, ours)
    if library.kind is LibraryKind.TV:
        scan_writes.settle_shows(session, library.id)
    session.flush()
    session.expire_all()
    for media_id, values in before.items():
        _give_back(session.get_one(Media, media_id), values)
    _keep_digests(session, seen, {one.known.id for one in ours if one.known}, matches.gone, matches.matches)
    scan_writes.chain_on(session, moved, task_id)


def _ours(matches: Iterable[Match], family: set[int]) -> list[Match]:
    """What was found of the titles, and of seasons and shows that are new to the records and theirs."""
    all_of_them = list(matches)
    ours = [one for one in all_of_them if one.known and one.known.id in family]
    parents = {key for one in ours for key in (one.found.show_key, one.found.season_key) if key}
    return ours + [one for one in all_of_them if one.known is None and one.found.key in parents]


def _refuse_lost(plan: RenamePlan, titles: Sequence[Media], ours: Sequence[Match]) -> None:
    found = {one.known.id for one in ours if one.known}
    for one in titles:
        if one.main_path and one.id not in found and plan.final(one.main_path) != one.main_path:
            raise NotFoundAgain(
                f"a scan would not find {one.title} again as {paths.readable(plan.final(one.main_path))}"
            )


def _record(session: Session, library: Library, ours: Sequence[Match]) -> None:
    moved = [one.known.id for one in ours if one.known and one.known.key != paths.stored(one.found.key)]
    scan_writes.free_keys(session, moved)
    parents = {one.found.key: one.known.id for one in ours if one.known}
    order = {"show": 0, "season": 1}
    for rank in range(3):
        batch = [one for one in ours if order.get(one.found.kind, 2) == rank]
        if batch:
            scan_writes.record_titles(session, library, batch, parents, {})


def _kept(title: Media) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(title, name) for name in _KEPT}
    # A season has no fingerprint, and none of these.
    stood = {
        name: getattr(title, name) is not None and getattr(title, name) == title.fingerprint
        for name in _FINGERPRINTS
    }
    return values | {"stood": stood}


def _give_back(title: Media, values: Mapping[str, Any]) -> None:
    for name in _KEPT:
        setattr(title, name, values[name])
    for name, stood in values["stood"].items():
        if stood:
            setattr(title, name, title.fingerprint)


def _move_own_files(title: Media, plan: RenamePlan) -> None:
    title.published_files = {plan.final(path): stamp for path, stamp in title.published_files.items()}
    if title.streams and any(one.get("external") for one in title.streams.get("text", [])):
        names = {paths.base_name(one.before): paths.base_name(one.now) for one in plan.files}
        text = [
            {**one, "external": names.get(one.get("external", ""), one.get("external", ""))}
            for one in title.streams["text"]
        ]
        title.streams = {**title.streams, "text": text}


def _without_gone_ones_in_the_way(
    session: Session, library: Library, plan: RenamePlan, found: Sequence[Any], known: Sequence[KnownTitle],
    family: set[int],
) -> list[KnownTitle]:  # fmt: skip
    """The known titles without those that are gone and whose place a renamed one has taken."""
    moved = {_below(library, one.now) for one in plan.files}
    ours = [one for one in found if one.main is not None and paths.stored(one.main.path) in moved]
    keys = {paths.stored(key) for one in ours for key in (one.key, one.show_key, one.season_key) if key}
    in_the_way = [one.id for one in known if one.gone and one.key in keys and one.id not in family]
    if in_the_way:
        session.execute(sa.delete(Media).where(Media.id.in_(in_the_way)))
    return [one for one in known if one.id not in set(in_the_way)]


def _keep_digests(
    session: Session, seen: Seen, ours: set[int], gone: Sequence[KnownTitle], matches: Sequence[Match]
) -> None:
    """Remember the folders as they are now, but of a unit in which something else changed: a scan must see that."""
    others = {paths.stored(one.found.unit) for one in matches if not one.stands and not _is_ours(one, ours)}
    others |= {one.main_path.partition("/")[0] if "/" in one.main_path else "" for one in gone}
    for unit, each in seen.units.items():
        if unit not in others:
            scan_writes.keep_digests(session, seen.library.id, each.digests, each.forgotten)


def _is_ours(match: Match, ours: set[int]) -> bool:
    # A season that is new to the records is recorded with its episodes.
    return (match.known is not None and match.known.id in ours) or match.found.kind == "season"


def _unit(library: Library, path: str) -> str:
    below = _below(library, path)
    return below.partition("/")[0] if "/" in below else ""


def _below(library: Library, path: str) -> str:
    return path[len(library.path) :].lstrip("/")
