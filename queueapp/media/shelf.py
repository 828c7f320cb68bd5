"""The files of a unit sorted by the folder they serve and by what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from queueapp.media import paths
from queueapp.media.classify import ARTWORK, FileKind, classify
from queueapp.media.places import home
from queueapp.media.titles import FoundFile, FoundTitle, Role
from queueapp.media.walk import FileEntry, Folder, Walk

_BESIDE: dict[FileKind, Role] = {
    FileKind.SUBTITLE: "subtitle",
    FileKind.NFO: "nfo",
    FileKind.TRAILER: "trailer",
    FileKind.EXTRA: "extra",
}


@dataclass(slots=True)
class Video:
    """A file that may be a title (FILM or EPISODE): the folder it lies in, and its listing."""

    folder: str
    entry: FileEntry
    kind: FileKind

    @property
    def path(self) -> str:
        """Relative to the library's root."""
        return paths.join(self.folder, self.entry.name)

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return paths.split_extension(self.entry.name)[0]


@dataclass(slots=True)
class Shelf:
    """All that serves one folder."""

    videos: list[Video] = field(default_factory=list)
    beside: list[FoundFile] = field(default_factory=list)

    def add_beside(self, title: FoundTitle, *, alone: bool) -> None:
        """Give a title its subtitles, NFO, trailers and extras: all of the shelf when it is there `alone`."""
        stems = [paths.split_extension(paths.base_name(one.path))[0] for one in title.files]
        title.files += [one for one in self.beside if _belongs(one, stems, alone=alone)]


def fill(folders: Iterable[Folder], walk: Walk, counts: Counter[FileKind]) -> dict[str, Shelf]:
    """Sort a unit's files onto shelves by home folder, counting each kind."""
    shelves: dict[str, Shelf] = {}
    for folder in folders:
        shelf = shelves.setdefault(home(folder.path), Shelf())
        readable = paths.readable(folder.path)
        counts.update(_other_kinds(folder.others))
        for entry in folder.files:
            kind = _kind(walk, folder.path, readable, entry)
            counts[kind] += 1
            if kind in (FileKind.FILM, FileKind.EPISODE):
                shelf.videos.append(Video(folder.path, entry, kind))
            elif kind in _BESIDE:
                shelf.beside.append(FoundFile.of(_BESIDE[kind], paths.join(folder.path, entry.name), entry))
    return shelves


def _kind(walk: Walk, folder: str, readable: str, entry: FileEntry) -> FileKind:
    if walk.ignores(folder, entry.name):
        return FileKind.IGNORED
    return classify(readable, entry.name, entry.size_bytes, walk.options, tv=walk.kind == "tv")


def _other_kinds(names: list[str]) -> Iterable[FileKind]:
    for name in names:
        yield FileKind.ARTWORK if paths.split_extension(name)[1] in ARTWORK else FileKind.JUNK


def _belongs(file: FoundFile, stems: list[str], *, alone: bool) -> bool:
    if alone:
        return True
    name = paths.base_name(file.path)
    stem = paths.split_extension(name)[0]
    return any(
        stem == one or (stem.startswith(one) and stem[len(one) : len(one) + 1] in "._- ") for one in stems
    )
