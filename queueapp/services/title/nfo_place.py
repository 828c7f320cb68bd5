"""Which NFO file belongs to a title (facts: Kodi's VideoTagLoaderNFO.cpp)."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from queueapp.media import nfo_xml, paths
from queueapp.models.media import Media, MediaKind


def nfo_path(media: Media) -> str | None:
    """Where a title's NFO stands or would, in the stored form; None where one would mislead.

    For a film `<video>.nfo`, which Kodi reads however its source is set up; a `movie.nfo` that stands there is
    kept up instead, because it wins for sources of one folder per film. The notes that release groups call
    .nfo describe no title and are left alone. A show without a folder of its own has none: it would claim its
    neighbours.
    """
    if media.kind is MediaKind.SHOW:
        return paths.join(media.folder, "tvshow.nfo") if media.own_folder else None
    if media.main_path is None:
        return None
    beside = posixpath.splitext(media.main_path)[0] + ".nfo"
    if media.kind is MediaKind.EPISODE or not media.own_folder:
        return beside
    in_folder = paths.join(media.folder, "movie.nfo")
    is_only_notes = _exists(beside) and not _describes_a_title(beside)
    return in_folder if is_only_notes or _describes_a_title(in_folder) else beside


def lone_nfo(media: Media) -> str | None:
    """The one NFO in a film's own folder, whatever its name: Kodi may have read it so far."""
    if media.kind is not MediaKind.MOVIE or not media.own_folder:
        return None
    try:
        with os.scandir(paths.on_disk(media.folder)) as entries:
            found = [entry.name for entry in entries if entry.name.endswith(".nfo") and entry.is_file()]
    except OSError:
        return None
    return paths.join(media.folder, paths.stored(found[0])) if len(found) == 1 else None


def _describes_a_title(stored: str) -> bool:
    try:
        parsed = nfo_xml.parse(Path(paths.on_disk(stored)).read_bytes())
    except OSError:
        return False
    return bool(parsed.roots or parsed.urls)


def _exists(stored: str) -> bool:
    return Path(paths.on_disk(stored)).is_file()
