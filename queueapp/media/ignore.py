"""Which names a scan does not look at: patterns, hidden files, and folders of other programs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pathspec
from wcmatch import glob

#: Folders that file managers, NAS systems, players and download clients keep for themselves.
FOREIGN_FOLDERS = frozenset({
    "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "$recycle.bin", "recycler",
    "system volume information", "lost+found", "extrafanart", "extrathumbs", "__macosx",
})  # fmt: skip
#: Download clients unpack into folders that begin so.
UNFINISHED = ("_unpack_", "_failed_")

_FLAGS = glob.GLOBSTAR | glob.DOTGLOB | glob.IGNORECASE | glob.FORCEUNIX


class IgnorePatterns:
    """Patterns relative to a library's root.

    One without a slash is matched against the bare name at any depth; `**` crosses folders; a pattern that
    ends in `/**` covers the folder itself. Case is ignored.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._names = _compile([one for one in patterns if "/" not in one])
        self._paths = _compile([one.lstrip("/") for one in patterns if "/" in one])

    def matches_file(self, path: str, name: str) -> bool:
        """Whether the file at `path` (relative) is left out."""
        return bool((self._names and self._names.match(name)) or (self._paths and self._paths.match(path)))

    def matches_folder(self, path: str, name: str) -> bool:
        """Whether the folder at `path` (relative) is left out with all below it."""
        if self._names and self._names.match(name):
            return True
        return bool(self._paths and (self._paths.match(path) or self._paths.match(path + "/")))


class IgnoreFile:
    """A `.ignore` file: empty it hides its folder, else it holds patterns in the manner of .gitignore."""

    def __init__(self, folder: str, text: str) -> None:
        self.folder = folder
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        self._spec = pathspec.GitIgnoreSpec.from_lines(lines) if lines else None

    @property
    def hides_all(self) -> bool:
        """Whether the whole folder is left out."""
        return self._spec is None

    def matches(self, path: str) -> bool:
        """Whether the path (relative to the library's root; folders end in '/') is left out."""
        if self._spec is None:
            return True
        return self._spec.match_file(path[len(self.folder) + 1 :] if self.folder else path)


def is_foreign(name: str) -> bool:
    """Whether a folder of this name never holds titles."""
    lowered = name.lower()
    return lowered[:1] == "." or lowered in FOREIGN_FOLDERS or lowered.startswith(UNFINISHED)


def _compile(patterns: Sequence[str]) -> re.Pattern[str] | None:
    # wcmatch takes what it does not understand literally, so no pattern is an error.
    found = [one for pattern in patterns for one in glob.translate(pattern, flags=_FLAGS)[0]]
    return re.compile("|".join(found)) if found else None
