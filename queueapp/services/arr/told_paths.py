"""Paths that a downloader tells, as this program sees them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.errors import PathRefused, Permanent
from queueapp.media import paths
from queueapp.media.path_mapping import NoMapping, to_ours
from queueapp.models.downloader import Downloader
from queueapp.models.library import Library
from queueapp.services.arr import downloaders
from queueapp.services.library.library_paths import checked_path, resolved


class Teller:
    """Who tells: a downloader with its mappings, or an unknown one that sees the same paths as we."""

    def __init__(self, session: Session, downloader_id: int | None, sender: str) -> None:
        downloader = session.get(Downloader, downloader_id) if downloader_id else None
        self.name = downloader.name if downloader else sender
        self._mappings = downloaders.mappings_of(downloader) if downloader else []

    def ours(self, path: str) -> str:
        """The path as we see it, in the stored form. Raises NoMapping, or Permanent for a malformed one."""
        mapped = to_ours(path, self._mappings, self.name)
        if not mapped.startswith("/"):
            raise NoMapping(
                f"{path} is no path of this machine, and {self.name} has no path mapping for it: add one from "
                f"{root_of(path)} to the folder under which it is seen here"
            )
        try:
            return checked_path(mapped)
        except PathRefused as refused:
            raise Permanent(refused.message) from None

    def library_of(self, session: Session, path: str, told: str) -> Library:
        """The library that one of our paths lies in, whose folder need not be there (any more).

        Raises NoMapping naming what is missing when there is none.
        """
        target = resolved(path)
        for library in session.scalars(sa.select(Library)):
            if paths.is_inside(target, resolved(library.path)):
                session.expunge(library)
                return library
        mapped = "" if path == told else f" (told as {told})"
        raise NoMapping(
            f"{paths.readable(path)}{mapped} lies in no library: add its folder as a library, or give {self.name} "
            f"a path mapping from {root_of(told)} to the folder under which it is seen here"
        )


def inside(library: Library, path: str) -> str:
    """The path spelled below the library's own root, which may be a link to where it really lies."""
    target = resolved(path)
    return paths.join(library.path, target[len(resolved(library.path)) :].lstrip("/"))


def root_of(path: str) -> str:
    """The part of a told path that a mapping would most likely be made for: its first folder."""
    separator = "\\" if "\\" in path and "/" not in path else "/"
    lead = path[: len(path) - len(path.lstrip("/\\"))]
    parts = [one for one in path.split(separator) if one]
    # A Windows drive alone, or the host of a share, is no folder yet.
    count = 2 if (parts and parts[0].endswith(":")) or len(lead) > 1 else 1
    return lead + separator.join(parts[:count])
