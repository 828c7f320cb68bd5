"""Walk a library folder by folder with os.scandir: listings, digests, and what could not be read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from queueapp.media import paths
from queueapp.media.ignore import IgnoreFile, IgnorePatterns, is_foreign
from queueapp.media.options import ScanOptions

SUBTITLES = frozenset({"srt", "ass", "ssa", "sub", "idx", "sup", "vtt", "smi"})
NFO = "nfo"
#: Folders deeper than this are not looked into: somebody nests mounts or links.
_DEEPEST = 64


class FileEntry(NamedTuple):
    """One file as the listing shows it; the inode is taken modulo 2^63 to fit the database."""

    name: str
    size_bytes: int
    mtime_ns: int
    inode: int


@dataclass(slots=True)
class Folder:
    """One folder's listing; `path` is relative to the root ('' for it), names as the system spells them."""

    path: str
    files: list[FileEntry] = field(default_factory=list)
    #: Names of files that no title is made of (artwork, junk), not looked at any further.
    others: list[str] = field(default_factory=list)
    subfolders: list[str] = field(default_factory=list)
    digest: str = ""


@dataclass(slots=True)
class Problem:
    """Something a person should know of a path, in words."""

    path: str
    message: str


@dataclass(slots=True)
class Walk:
    """One walk over a library, by units: the folders directly under the root, and the root's own files."""

    root: str
    options: ScanOptions
    kind: str
    #: Link targets must lie inside one of these (the root always counts), or the link is not followed.
    allowed_roots: Sequence[str] = ()
    check: Callable[[], None] = lambda: None
    problems: list[Problem] = field(default_factory=list)
    #: Relative paths whose contents are unknown: nothing below them may be called gone.
    unreadable: list[str] = field(default_factory=list)
    files_seen: int = 0
    folders_seen: int = 0
    _seed: bytes = b""
    _patterns: IgnorePatterns = field(default_factory=lambda: IgnorePatterns(()))
    _watched: frozenset[str] = frozenset()
    _visited: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._seed = self.options.seed(self.kind)
        self._patterns = IgnorePatterns(self.options.ignore_patterns)
        self._watched = self.options.extensions | SUBTITLES | {NFO}

    def top(self) -> Folder | None:
        """The root's listing, whose subfolders are the units; None if missing, unreadable or hidden."""
        return self._list("", [])

    def unit(self, name: str) -> Iterator[Folder]:
        """All folders of one unit, parents before children; nothing when the unit is not there (any more)."""
        yield from self._below(name, self._ignore_files(""), depth=1)

    def ignores(self, folder: str, name: str) -> bool:
        """Whether ignorePatterns leave this file out."""
        readable = paths.readable(name)
        return self._patterns.matches_file(paths.join(paths.readable(folder), readable), readable)

    def _below(self, path: str, ignore_files: list[IgnoreFile], depth: int) -> Iterator[Folder]:
        folder = self._list(path, ignore_files)
        if folder is None:
            return
        yield folder
        if depth >= _DEEPEST:
            self._report(path, "is nested too deep to be looked into", unknown=True)
            return
        inner = ignore_files + self._ignore_files(path) if ".ignore" in folder.others else ignore_files
        for name in folder.subfolders:
            yield from self._below(paths.join(path, name), inner, depth + 1)

    def _list(self, path: str, ignore_files: list[IgnoreFile]) -> Folder | None:
        self.check()
        try:
            with os.scandir(paths.join(self.root, path)) as entries:
                folder = self._read(path, entries, ignore_files)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._report(path, f"cannot be read: {_reason(error)}", unknown=True)
            return None
        if ".nomedia" in folder.others:
            return None
        if ".ignore" in folder.others and not self._keep_unignored(folder):
            return None
        self.folders_seen += 1
        self.files_seen += len(folder.files) + len(folder.others)
        folder.subfolders.sort()
        folder.files.sort()
        folder.digest = self._digest(folder)
        return folder

    def _read(self, path: str, entries: Iterator[os.DirEntry[str]], ignore_files: list[IgnoreFile]) -> Folder:
        folder = Folder(path)
        watched, follow = self._watched, self.options.follow_symlinks
        for entry in entries:
            name = entry.name
            try:
                if entry.is_symlink() and not follow:
                    continue
                if entry.is_dir(follow_symlinks=follow):
                    if self._descends(path, entry, ignore_files):
                        folder.subfolders.append(name)
                elif name.rpartition(".")[2].lower() in watched and name[0] != ".":
                    if ignore_files and _ignored(ignore_files, paths.join(path, name)):
                        continue
                    self._add_file(folder, entry)
                else:
                    folder.others.append(name)
            except FileNotFoundError:
                continue  # it vanished between the listing and the look at it, or is a dangling link
            except OSError as error:
                self._report(paths.join(path, name), f"cannot be looked at: {_reason(error)}", unknown=True)
        return folder

    def _add_file(self, folder: Folder, entry: os.DirEntry[str]) -> None:
        follow = self.options.follow_symlinks
        if not entry.is_file(follow_symlinks=follow):
            return  # a pipe, socket or device named like a film
        if (
            follow
            and entry.is_symlink()
            and not self._may_lead(paths.join(folder.path, entry.name), entry.path)
        ):
            return
        stat = entry.stat(follow_symlinks=follow)
        folder.files.append(
            FileEntry(entry.name, stat.st_size, stat.st_mtime_ns, stat.st_ino & 0x7FFF_FFFF_FFFF_FFFF)
        )

    def _descends(self, path: str, entry: os.DirEntry[str], ignore_files: list[IgnoreFile]) -> bool:
        name = entry.name
        if is_foreign(name):
            return False
        inner = paths.join(path, name)
        if self._patterns.matches_folder(inner if inner.isascii() else paths.readable(inner), name):
            return False
        if ignore_files and _ignored(ignore_files, inner + "/"):
            return False
        return not entry.is_symlink() or self._follows(inner, entry)

    def _follows(self, inner: str, entry: os.DirEntry[str]) -> bool:
        # A link that stays inside the library shows nothing new, and may show it for ever.
        target, root = os.path.realpath(entry.path), os.path.realpath(self.root)
        if paths.is_inside(target, root) or paths.is_inside(root, target):
            return False
        stat = entry.stat()
        if (stat.st_dev, stat.st_ino) in self._visited:
            return False
        self._visited.add((stat.st_dev, stat.st_ino))
        return self._may_lead(inner, entry.path)

    def _may_lead(self, path: str, link: str) -> bool:
        target = os.path.realpath(link)
        roots = (os.path.realpath(one) for one in (self.root, *self.allowed_roots))
        if any(paths.is_inside(target, root) for root in roots):
            return True
        self._report(path, "is a link that leads out of the library and of every allowed root")
        return False

    def _ignore_files(self, path: str) -> list[IgnoreFile]:
        text = self._ignore_text(path)
        return [IgnoreFile(path, text)] if text is not None else []

    def _keep_unignored(self, folder: Folder) -> bool:
        """Apply a folder's own .ignore to its listing; False when it hides the whole folder."""
        own = self._ignore_files(folder.path)
        if any(one.hides_all for one in own):
            return False
        prefix = f"{folder.path}/" if folder.path else ""
        folder.files = [one for one in folder.files if not _ignored(own, prefix + one.name)]
        folder.subfolders = [one for one in folder.subfolders if not _ignored(own, f"{prefix}{one}/")]
        return True

    def _ignore_text(self, path: str) -> str | None:
        try:
            content = Path(paths.join(self.root, paths.join(path, ".ignore"))).read_bytes()
        except OSError:
            return None
        return content[: 64 * 1024].decode("utf-8", "replace")

    def _digest(self, folder: Folder) -> str:
        listing = "\n".join(f"{one.name}\0{one.size_bytes}\0{one.mtime_ns}" for one in folder.files)
        digest = hashlib.blake2b(self._seed, digest_size=12)
        digest.update(listing.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _report(self, path: str, message: str, *, unknown: bool = False) -> None:
        self.problems.append(Problem(path, message))
        if unknown:
            self.unreadable.append(path)


def _ignored(ignore_files: list[IgnoreFile], path: str) -> bool:
    return any(one.matches(paths.readable(path)) for one in ignore_files)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
