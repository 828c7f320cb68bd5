"""Tell films and episodes from all that lies beside them, by name and place alone."""

from __future__ import annotations

import enum
import re

from queueapp.media import paths
from queueapp.media.options import ScanOptions
from queueapp.media.walk import NFO, SUBTITLES


class FileKind(enum.StrEnum):
    """What a file is; only FILM and EPISODE can become titles."""

    FILM = "film"
    EPISODE = "episode"
    EXTRA = "extra"
    TRAILER = "trailer"
    SAMPLE = "sample"
    SUBTITLE = "subtitle"
    ARTWORK = "artwork"
    NFO = "nfo"
    IGNORED = "ignored"  #: left out by ignorePatterns or the size bounds
    JUNK = "junk"


ARTWORK = frozenset({"jpg", "jpeg", "png", "tbn", "webp", "gif", "bmp", "svg"})
_TRAILER_FOLDERS = frozenset({"trailer", "trailers"})
_SAMPLE_FOLDERS = frozenset({"sample", "samples", "proof"})
#: Folder names of Plex, Jellyfin and Kodi for what accompanies a title (facts/media.md, section B).
_EXTRA_FOLDERS = frozenset({
    "extras", "extra", "featurettes", "featurette", "behind the scenes", "deleted scenes", "bonus",
    "backdrops", "theme-music", "making of", "special features", "bonus features",
})  # fmt: skip
#: Also extras, but only inside a title's folder: as a folder of the library they may hold titles.
_EXTRA_FOLDERS_INSIDE = frozenset(
    {"interviews", "scenes", "shorts", "clips", "other", "others", "promos", "covers"}
)

_TRAILER_NAME = re.compile(
    r"(?:.[-._ ]|^(?:movie|theatrical)?-?)(?:trailer|teaser)[-_ ]?\d{0,2}$"
    r"|(?:19|20)\d\d.*[-._ ](?:trailer|teaser)[-._ ]",
    re.IGNORECASE,
)
_SAMPLE_NAME = re.compile(
    r"(?:^sample$|^sample[-_]|.[-._]sample[-_ ]?\d{0,2}$|(?:19|20)\d\d.*[-._ ]sample(?:[-._ ]|$)"
    r"|s\d\de\d\d.*[-._ ]sample(?:[-._ ]|$))",
    re.IGNORECASE,
)
_EXTRA_NAME = re.compile(
    r".[-](?:behindthescenes|deleted|deletedscene|featurette|interview|scene|short|other|extra|bonus|clip)\d{0,2}$",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"^(?:rarbg(?:\.com)?|etrg|yify|yts(?:\.\w+)?|torrent(?:galaxy|ing)\b.*|www\.[\w-]+\.\w+)$", re.IGNORECASE
)
_EPISODE_MARK = re.compile(r"(?<![a-z0-9])s\d{1,4}[ ._-]?e\d{1,4}", re.IGNORECASE)


def classify(folder: str, name: str, size_bytes: int, options: ScanOptions, *, tv: bool) -> FileKind:
    """What the file `name` in `folder` (relative to the library's root) is; `tv` for a library of series.

    Whether an EPISODE has a number, and a FILM a title, is for `names` to find out.
    """
    stem, extension = paths.split_extension(name)
    if extension in SUBTITLES:
        return FileKind.SUBTITLE
    if extension == NFO:
        return FileKind.NFO
    if extension not in options.extensions:
        return FileKind.ARTWORK if extension in ARTWORK else FileKind.JUNK
    beside = _beside(folder, stem)
    if beside is not None:
        return beside
    if size_bytes < options.min_file_bytes or (
        options.max_file_bytes and size_bytes > options.max_file_bytes
    ):
        return FileKind.IGNORED
    if tv:
        return FileKind.EPISODE
    return FileKind.EPISODE if _EPISODE_MARK.search(stem) else FileKind.FILM


def _beside(folder: str, stem: str) -> FileKind | None:
    if folder and (kind := _by_folder(folder.lower().split("/"))):
        return kind
    if _SAMPLE_NAME.search(stem):
        return FileKind.SAMPLE
    if _TRAILER_NAME.search(stem):
        return FileKind.TRAILER
    if _EXTRA_NAME.search(stem):
        return FileKind.EXTRA
    return FileKind.JUNK if _ADVERT.match(stem) else None


def _by_folder(parts: list[str]) -> FileKind | None:
    for depth, part in enumerate(parts):
        if part in _TRAILER_FOLDERS:
            return FileKind.TRAILER
        if part in _SAMPLE_FOLDERS:
            return FileKind.SAMPLE
        if part in _EXTRA_FOLDERS or (depth and part in _EXTRA_FOLDERS_INSIDE):
            return FileKind.EXTRA
    return None
