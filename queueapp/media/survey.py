"""Look through a library: which of its units changed since the last scan, and what titles those hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from queueapp.media import paths
from queueapp.media.classify import FileKind
from queueapp.media.film_groups import films
from queueapp.media.show_groups import shows
from queueapp.media.titles import FoundTitle
from queueapp.media.walk import Folder, Problem, Walk

#: Told (units done, units in all, name of the unit).
Tell = Callable[[int, int, str], None]


@dataclass(slots=True)
class Survey:
    """What one look through a library gave. Paths and unit names are in the stored form."""

    titles: list[FoundTitle] = field(default_factory=list)
    #: Units that differ from the last scan, vanished ones too.
    changed_units: list[str] = field(default_factory=list)
    unchanged_units: int = 0
    #: Digests to keep from now on, and folders to forget.
    digests: dict[str, str] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    counts: Counter[FileKind] = field(default_factory=Counter)
    remarks: list[Problem] = field(default_factory=list)


def survey(
    walk: Walk, top: Folder, known: Mapping[str, str], tell: Tell, only_unit: str | None = None
) -> Survey:
    """Walk the library (or one unit of it) and interpret what differs from the `known` folder digests."""
    result = Survey()
    before = _by_unit(known)
    names = ["", *top.subfolders] if only_unit is None else [only_unit]
    for done, name in enumerate(names):
        tell(done, len(names), paths.readable(name))
        folders = [top] if name == "" else list(walk.unit(name))
        _look_at(name, folders, before.pop(paths.stored(name), {}), walk, result)
    if only_unit is None:
        for unit, folders_known in before.items():
            _forget(unit, folders_known, walk, result)
    tell(len(names), len(names), "")
    return result


def _look_at(name: str, folders: list[Folder], before: Mapping[str, str], walk: Walk, result: Survey) -> None:
    now = {paths.stored(one.path): one.digest for one in folders}
    vanished = [path for path in before if path not in now and not _unreadable(path, walk)]
    if not vanished and all(before.get(path) == digest for path, digest in now.items()):
        result.unchanged_units += 1
        return
    found = shows(folders, walk, name) if walk.kind == "tv" else films(folders, walk, name)
    result.changed_units.append(paths.stored(name))
    result.titles += found.titles
    result.counts.update(found.counts)
    result.remarks += found.remarks
    result.digests |= now
    result.forgotten += vanished


def _forget(unit: str, before: Mapping[str, str], walk: Walk, result: Survey) -> None:
    vanished = [path for path in before if not _unreadable(path, walk)]
    if vanished:
        result.changed_units.append(unit)
        result.forgotten += vanished


def _unreadable(path: str, walk: Walk) -> bool:
    return lies_in(path, walk.unreadable)


def lies_in(path: str, places: Iterable[str]) -> bool:
    """Whether a stored path lies in one of `places` (as the system spells them)."""
    return any(paths.is_inside(path, paths.stored(place)) for place in places)


def _by_unit(known: Mapping[str, str]) -> dict[str, dict[str, str]]:
    units: dict[str, dict[str, str]] = {}
    for path, digest in known.items():
        units.setdefault(path.partition("/")[0], {})[path] = digest
    return units
