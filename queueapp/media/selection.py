"""Which files of a folder a batch works on: a pattern, filters, and a walk that can go on where it stopped."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wcmatch import _wcparse, glob

from queueapp.media import paths
from queueapp.media.ignore import IgnorePatterns, is_foreign

#: Characters and alternatives ({a,b}) a pattern may have.
MAX_PATTERN = 500
MAX_ALTERNATIVES = 200
#: Folders deeper than this are not looked into: somebody nests mounts.
_DEEPEST = 64
#: The folder itself, which relative paths do not name.
_HERE = re.compile(r"^(?:\./+)+")
_FLAGS = glob.GLOBSTAR | glob.IGNORECASE | glob.FORCEUNIX | glob.BRACE


class BadPattern(ValueError):
    """A pattern that means nothing; the message says why."""


class Found(NamedTuple):
    """A file by its path relative to the folder, as `os` functions give it."""

    path: str
    size_bytes: int | None


@dataclass(frozen=True)
class Selection:
    """Conditions that all must hold; `newer_than_ns` is a time of modification."""

    pattern: str | None = None
    recursive: bool = True
    extensions: frozenset[str] = frozenset()
    excludes: Sequence[str] = ()
    min_bytes: int = 0
    newer_than_ns: int | None = None
    _pattern: re.Pattern[str] | None = field(init=False, repr=False, default=None)
    _excluded: IgnorePatterns = field(init=False, repr=False, default_factory=lambda: IgnorePatterns(()))

    def __post_init__(self) -> None:
        if self.pattern is not None:
            object.__setattr__(self, "_pattern", compiled(self.pattern))
        object.__setattr__(self, "_excluded", IgnorePatterns(self.excludes))

    def walk(
        self,
        root: str,
        *,
        after: str = "",
        check: Callable[[], None] = lambda: None,
        report: Callable[[str, str], None] = lambda path, problem: None,
    ) -> Iterator[Found]:
        """The files chosen, in a fixed order, from behind the path `after` on.

        `check` is called often and may stop the walk by raising; `report` is told (path, problem) of folders that
        cannot be read. Links are not followed, hidden files and folders of other programs passed over.
        """
        start = tuple(after.split("/")) if after else ()
        yield from self._below(root, "", start, check, report)

    def _below(
        self,
        root: str,
        folder: str,
        start: tuple[str, ...],
        check: Callable[[], None],
        report: Callable[[str, str], None],
    ) -> Iterator[Found]:
        check()
        try:
            with os.scandir(paths.join(root, folder)) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            report(folder, (error.strerror or str(error)).lower())
            return
        for number, entry in enumerate(entries):
            if number % 256 == 255:
                check()
            if start and entry.name < start[0]:
                continue
            rest = start[1:] if start and entry.name == start[0] else ()
            if start and entry.name == start[0] and not rest:
                continue  # the very file that came last
            path = paths.join(folder, entry.name)
            if self._descends(entry, path):
                yield from self._below(root, path, rest, check, report)
            elif (found := self._chosen(entry, path)) is not None:
                yield found

    def _descends(self, entry: os.DirEntry[str], path: str) -> bool:
        if not self.recursive or not _is(entry.is_dir) or is_foreign(entry.name):
            return False
        shown = paths.readable(path)
        return path.count("/") < _DEEPEST and not self._excluded.matches_folder(shown, paths.base_name(shown))

    def _chosen(self, entry: os.DirEntry[str], path: str) -> Found | None:
        name = entry.name
        if name.startswith(".") or paths.split_extension(name)[1] not in self.extensions:
            return None
        shown = paths.readable(path)
        if self._pattern is not None and not self._pattern.match(shown):
            return None
        if self._excluded.matches_file(shown, paths.base_name(shown)) or not _is(entry.is_file):
            return None
        if not self.min_bytes and self.newer_than_ns is None:
            return Found(path, None)
        try:
            stat = entry.stat(follow_symlinks=False)
        except OSError:
            return None  # gone between the listing and the look at it
        if stat.st_size < self.min_bytes:
            return None
        if self.newer_than_ns is not None and stat.st_mtime_ns < self.newer_than_ns:
            return None
        return Found(path, stat.st_size)


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as an expression over relative paths: `*` stays in a folder, `**` crosses any number of them.

    Raises BadPattern.
    """
    relative = _HERE.sub("", checked(pattern))
    try:
        found = glob.translate(relative, flags=_FLAGS, limit=MAX_ALTERNATIVES)[0]
        return re.compile("|".join(found))
    except (_wcparse.PatternLimitException, re.error, ValueError) as error:
        raise BadPattern(f"the pattern {pattern!r} cannot be used: {error}") from None


def checked(pattern: str) -> str:
    """The pattern itself. Raises BadPattern for one that can match nothing, or not what its writer means."""
    if not pattern.strip():
        raise BadPattern("the pattern is empty")
    if len(pattern) > MAX_PATTERN or "\x00" in pattern:
        raise BadPattern(f"the pattern has more than {MAX_PATTERN} characters, or a NUL among them")
    parts = pattern.split("/")
    if pattern.startswith("/") or ".." in parts:
        raise BadPattern(f"the pattern {pattern!r} must be relative to the folder, and hold no '..'")
    if any("**" in part and part != "**" for part in parts):
        raise BadPattern(f"in the pattern {pattern!r}, '**' must stand alone between slashes: '**/*.mkv'")
    for opening, closing in ("[]", "{}"):
        if not _is_balanced(pattern, opening, closing):
            raise BadPattern(f"in the pattern {pattern!r}, a '{opening}' or '{closing}' has no partner")
    return pattern


def _is_balanced(pattern: str, opening: str, closing: str) -> bool:
    depth, escaped = 0, False
    for character in pattern:
        if escaped or character == "\\":
            escaped = not escaped
        elif character == opening:
            depth += 1
        elif character == closing:
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


def _is(question: Callable[..., bool]) -> bool:
    try:
        return question(follow_symlinks=False)
    except OSError:
        return False
