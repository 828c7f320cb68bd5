"""Digests that tell whether a title changed since it was last chained on.

A fingerprint is `<sources>:<nfo>`. Sources are the video, its parts, versions and subtitles, and what their
names mean. The NFO part covers NFO files written by others only: one that publish wrote leaves it as it was,
so that publishing a title does not make it look changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from queueapp.media import paths
from queueapp.media.titles import FoundFile, FoundTitle

_SOURCES = frozenset({"main", "part", "version", "subtitle"})
#: (name, size in bytes, mtime in ns) of a file that publish wrote.
Own = frozenset[tuple[str, int, int]]


def fingerprint(title: FoundTitle, own: Own, before: str | None) -> str:
    """The fingerprint of what was found, given our `own` files and the fingerprint `before`."""
    nfos = [one for one in title.files if one.role == "nfo"]
    return f"{_sources(title)}:{_nfo_part(nfos, own, before)}"


def with_seasons(base: str, seasons: Iterable[int]) -> str:
    """A show's fingerprint: a season that comes or goes changes what is published of the show."""
    sources, _, nfo = base.partition(":")
    return f"{sources}-{'.'.join(map(str, sorted(seasons)))}:{nfo}"


def without_seasons(full: str | None) -> str | None:
    """The part of a show's fingerprint that its own files make."""
    return re.sub(r"-[\d.]*:", ":", full) if full else full


def own_files(published: dict[str, list[int]]) -> Own:
    """The form of `media.published_files` that `fingerprint` wants; names only, since titles move."""
    return frozenset((paths.base_name(path), size, mtime) for path, (size, mtime, *_) in published.items())


def is_own(file: FoundFile, own: Own) -> bool:
    """Whether publish wrote this file and nobody touched it since."""
    return (paths.stored(paths.base_name(file.path)), file.size_bytes, file.mtime_ns) in own


def _sources(title: FoundTitle) -> str:
    # What the names mean counts too: a better reading of the same name is a change.
    lines = [title.folder, str(title.own_folder), title.title, str(title.year), str(title.season)]
    lines.append(".".join(map(str, title.episodes)))
    lines += sorted(_line(one) for one in title.files if one.role in _SOURCES)
    return _digest(lines)


def _nfo_part(nfos: list[FoundFile], own: Own, before: str | None) -> str:
    earlier = (before or "").partition(":")[2]
    foreign = [one for one in nfos if not is_own(one, own)]
    if foreign:
        return _digest(sorted(_line(one) for one in foreign))
    wrote_one = any(name.endswith(".nfo") for name, _, _ in own)
    return "missing" if wrote_one and not nfos else earlier


def _line(file: FoundFile) -> str:
    return f"{file.role}\0{file.part}\0{file.path}\0{file.size_bytes}\0{file.mtime_ns}"


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=10).hexdigest()
