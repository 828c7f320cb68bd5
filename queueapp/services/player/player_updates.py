"""Changed titles in a player's own spelling of paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from queueapp.connectors.jellyfin import UpdateType
from queueapp.connectors.kodi_update import ChangedTitle
from queueapp.media.path_mapping import Mapping, NoMapping, to_theirs
from queueapp.models.media import MediaKind
from queueapp.services.title.changed_titles import ChangedOnDisk

T = TypeVar("T")


@dataclass
class Spelt(Generic[T]):
    """What can be told, and why the rest cannot: the first path no mapping covers."""

    titles: list[T] = field(default_factory=list)
    missing: NoMapping | None = None


def for_kodi(
    changed: Iterable[ChangedOnDisk], mappings: Sequence[Mapping], player: str
) -> Spelt[ChangedTitle]:
    """Titles as Kodi has them: a show's folder ends with a slash, an episode is found through its show."""
    spelt: Spelt[ChangedTitle] = Spelt()
    for one in changed:
        try:
            folder = _with_slash(to_theirs(one.folder, mappings, player))
            file = to_theirs(one.file, mappings, player) if one.file else folder
        except NoMapping as error:
            spelt.missing = spelt.missing or error
            continue
        kind = "tvshow" if one.kind is MediaKind.SHOW else one.kind.value
        spelt.titles.append(ChangedTitle(kind, file, folder, one.is_gone))
    return spelt


def for_jellyfin(
    changed: Iterable[ChangedOnDisk], mappings: Sequence[Mapping], player: str
) -> Spelt[tuple[str, UpdateType]]:
    """The distinct folders that changed, and the files of titles that are gone."""
    found: dict[str, UpdateType] = {}
    spelt: Spelt[tuple[str, UpdateType]] = Spelt()
    for one in changed:
        place = one.file if one.is_gone and one.file else one.folder
        try:
            path = to_theirs(place, mappings, player)
        except NoMapping as error:
            spelt.missing = spelt.missing or error
            continue
        found[path] = "Deleted" if one.is_gone else found.get(path, "Modified")
    spelt.titles = list(found.items())
    return spelt


def _with_slash(folder: str) -> str:
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    return folder if folder.endswith(separator) else folder + separator
