"""Which NFO file belongs to a title (facts: Kodi's VideoTagLoaderNFO.cpp)."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from queueapp.media import nfo_xml, paths
from queueapp.models.media import Media, MediaKind


def nfo_path(media: Media) -> str | None:
    """Where a title's NFO stands or would, in the stored form; None where one would mislead.

    `movie.nfo` in a film's own folder wins over `<video>.nfo` and over a lone one of another name, as in
    Kodi; the notes that release groups call .nfo describe no title and are left alone there. A show without
    a folder of its own has none: it would claim its neighbours.
    """
    if media.kind is MediaKind.SHOW:
        return paths.join(media.folder, "tvshow.nfo") if media.own_folder else None
    if media.main_path is None:
        return None
    beside = posixpath.splitext(media.main_path)[0] + ".nfo"
    if media.kind is MediaKind.EPISODE or not media.own_folder:
        return beside
    in_folder = paths.join(media.folder, "movie.nfo")
    if _exists(in_folder):
        return in_folder
    candidates = [beside] if _exists(beside) else _only_one(media.folder)
    return next((one for one in candidates if _describes_a_title(one)), in_folder)


def _only_one(folder: str) -> list[str]:
    """The one NFO of a folder, whatever its name: Kodi reads that too."""
    try:
        with os.scandir(paths.on_disk(folder)) as entries:
            found = [entry.name for entry in entries if entry.name.endswith(".nfo") and entry.is_file()]
    except OSError:
        return []
    return [paths.join(folder, paths.stored(name)) for name in found] if len(found) == 1 else []


def _describes_a_title(stored: str) -> bool:
    try:
        parsed = nfo_xml.parse(Path(paths.on_disk(stored)).read_bytes())
    except OSError:
        return False
    return bool(parsed.roots or parsed.urls)


def _exists(stored: str) -> bool:
    return Path(paths.on_disk(stored)).is_file()
