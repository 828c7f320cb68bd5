"""What a scan finds: titles made of files, before the database knows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from queueapp.media.classify import FileKind
from queueapp.media.ids import Ids
from queueapp.media.walk import FileEntry, Problem

Kind = Literal["movie", "show", "season", "episode"]
Role = Literal["main", "part", "version", "trailer", "extra", "subtitle", "nfo"]
#: Roles of the video itself.
VIDEO_ROLES = frozenset({"main", "part", "version"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of a title; `path` is relative to the library's root, as the system spells it."""

    role: Role
    path: str
    size_bytes: int
    mtime_ns: int
    inode: int
    part: int | None = None

    @classmethod
    def of(cls, role: Role, path: str, entry: FileEntry, part: int | None = None) -> FoundFile:
        """A file from its listing."""
        return cls(role, path, entry.size_bytes, entry.mtime_ns, entry.inode, part)


@dataclass(slots=True)
class FoundTitle:
    """One title. `key` identifies it inside the library; `folder` is relative to the root."""

    kind: Kind
    key: str
    unit: str
    folder: str
    title: str
    year: int | None = None
    own_folder: bool = True
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: int | None = None
    aired: date | None = None
    ids: Ids = field(default_factory=Ids)
    files: list[FoundFile] = field(default_factory=list)
    show_key: str = ""
    season_key: str = ""

    @property
    def main(self) -> FoundFile | None:
        """The main video file; None for shows and seasons."""
        return next((one for one in self.files if one.role == "main"), None)


@dataclass(slots=True)
class UnitTitles:
    """What one unit of a library holds."""

    titles: list[FoundTitle] = field(default_factory=list)
    counts: Counter[FileKind] = field(default_factory=Counter)
    #: Files that look like titles but are none, with the reason.
    remarks: list[Problem] = field(default_factory=list)
