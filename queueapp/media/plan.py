"""Compare what a scan found with what is known: new, changed, moved, returned and gone titles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from queueapp.media import fingerprints, paths
from queueapp.media.fingerprints import Own
from queueapp.media.ids import NONE, Ids
from queueapp.media.titles import FoundTitle


@dataclass(slots=True)
class KnownTitle:
    """A title as the database has it; `key` and paths in the stored form."""

    id: int
    kind: str
    key: str
    gone: bool
    fingerprint: str | None
    label: str
    #: Of its main file, relative to the root; '' for shows and seasons.
    main_path: str = ""
    size_bytes: int = 0
    mtime_ns: int = 0
    inode: int = 0
    show_key: str = ""
    ids: Ids = NONE
    ids_source: str | None = None
    own: Own = frozenset()


@dataclass(slots=True)
class Match:
    """A found title and the known one it is, with its new fingerprint (a show's without its seasons)."""

    found: FoundTitle
    known: KnownTitle | None
    fingerprint: str

    @property
    def stands(self) -> bool:
        """Whether the database already has it just so."""
        known = self.known
        if known is None or known.gone or known.key != paths.stored(self.found.key):
            return False
        return (
            self.found.kind == "season" or fingerprints.without_seasons(known.fingerprint) == self.fingerprint
        )


@dataclass(slots=True)
class Plan:
    """What a scan is about to record. Shows and seasons are in `matches` only."""

    matches: list[Match] = field(default_factory=list)
    new: list[Match] = field(default_factory=list)
    changed: list[Match] = field(default_factory=list)
    moved: list[Match] = field(default_factory=list)
    returned: list[Match] = field(default_factory=list)
    gone: list[KnownTitle] = field(default_factory=list)
    unchanged: int = 0


def compare(
    found: Iterable[FoundTitle],
    known: Iterable[KnownTitle],
    *,
    detect_moves: bool,
    may_be_gone: Callable[[KnownTitle], bool],
    told: Mapping[str, str] | None = None,
) -> Plan:
    """Pair found with known titles by key, then by the identity of the main file on disk (a move).

    `may_be_gone` is False for titles in places that could not be read: these stay as they are. `told` are moves
    that need no detecting: where a main file lay, by where it lies, relative to the root in the stored form.
    """
    by_key = {one.key: one for one in known}
    pairs = {paths.stored(title.key): title for title in found}
    absent = [one for key, one in by_key.items() if key not in pairs]
    moves = _moves(pairs, by_key, absent, told or {}) if detect_moves else {}
    moves |= _moved_parents(pairs, by_key, moves)
    plan = Plan()
    for key, title in pairs.items():
        _place(plan, title, by_key.get(key) or moves.get(key), moved=key in moves)
    taken = {one.id for one in moves.values()}
    plan.gone = [
        one
        for one in absent
        if one.id not in taken and not one.gone and one.kind in ("movie", "episode") and may_be_gone(one)
    ]
    return plan


def _place(plan: Plan, title: FoundTitle, known: KnownTitle | None, *, moved: bool) -> None:
    own = known.own if known else frozenset()
    before = known.fingerprint if known else None
    match = Match(title, known, fingerprints.fingerprint(title, own, before))
    plan.matches.append(match)
    if title.kind in ("show", "season"):
        return
    if known is None:
        plan.new.append(match)
    elif moved:
        plan.moved.append(match)
    elif known.gone:
        plan.returned.append(match)
    elif match.stands:
        plan.unchanged += 1
    else:
        plan.changed.append(match)


def _moves(
    pairs: dict[str, FoundTitle],
    by_key: dict[str, KnownTitle],
    absent: list[KnownTitle],
    told: Mapping[str, str],
) -> dict[str, KnownTitle]:
    """Known titles whose main file now lies elsewhere, by the key of where."""
    lost = {(one.kind, one.size_bytes, one.mtime_ns, one.inode): one for one in absent if one.main_path}
    by_place = {one.main_path: one for one in absent if one.main_path}
    moves: dict[str, KnownTitle] = {}
    for key, title in pairs.items():
        main = title.main
        if key in by_key or main is None:
            continue
        same = by_place.get(told.get(paths.stored(main.path), "")) or lost.pop(
            (title.kind, main.size_bytes, main.mtime_ns, main.inode), None
        )
        if same:
            moves[key] = same
    return moves


def _moved_parents(
    pairs: dict[str, FoundTitle],
    by_key: dict[str, KnownTitle],
    moves: dict[str, KnownTitle],
) -> dict[str, KnownTitle]:
    """Shows and seasons follow their episodes, when nothing of them is left where they were."""
    parents: dict[str, KnownTitle] = {}
    for key, episode in moves.items():
        title = pairs[key]
        if title.kind != "episode":
            continue
        new_show = paths.stored(title.show_key)
        was_show = by_key.get(episode.show_key)
        if was_show is None or was_show.key in pairs or new_show in by_key or new_show in parents:
            continue
        if was_show.id not in {one.id for one in parents.values()}:
            parents[new_show] = was_show
            parents |= _moved_seasons(was_show.key, new_show, pairs, by_key)
    return parents


def _moved_seasons(
    was: str, now: str, pairs: dict[str, FoundTitle], by_key: dict[str, KnownTitle]
) -> dict[str, KnownTitle]:
    seasons = (key for key, title in pairs.items() if title.kind == "season" and key.startswith(now + "/S"))
    known = ((key, by_key.get(was + key[len(now) :])) for key in seasons if key not in by_key)
    return {key: one for key, one in known if one is not None and one.kind == "season"}
