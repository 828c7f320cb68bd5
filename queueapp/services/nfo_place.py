"""Which NFO file belongs to a title (facts: Kodi's VideoTagLoaderNFO.cpp)."""

from __future__ import annotations

import posixpath
from pathlib import Path

from queueapp.media import paths
from queueapp.models.media import Media, MediaKind


def nfo_path(media: Media) -> str | None:
    """Where a title's NFO stands or would, in the stored form; None where one would mislead.

    `movie.nfo` in a film's own folder wins over `<video>.nfo`, as in Kodi; one alone is used. A show
    without a folder of its own has none: it would claim its neighbours.
    """
    if media.kind is MediaKind.SHOW:
        return paths.join(media.folder, "tvshow.nfo") if media.own_folder else None
    if media.main_path is None:
        return None
    beside = posixpath.splitext(media.main_path)[0] + ".nfo"
    if media.kind is MediaKind.EPISODE or not media.own_folder:
        return beside
    in_folder = paths.join(media.folder, "movie.nfo")
    is_alone = _exists(beside) and not _exists(in_folder)
    return beside if is_alone else in_folder


def _exists(stored: str) -> bool:
    return Path(paths.on_disk(stored)).is_file()
