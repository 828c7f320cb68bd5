"""Where a path in a request lies: inside which library or allowed root, and to which title it belongs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.config import Settings
from queueapp.errors import PathRefused, Permanent
from queueapp.media import paths
from queueapp.models.library import Library
from queueapp.models.media import Media, MediaStatus
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.services.library.library_paths import allowed_roots, checked_path, resolved

_VIDEOS = (FileRole.MAIN, FileRole.PART, FileRole.VERSION)


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder inside a library or an allowed root; all paths in the stored form.

    `path` is spelt as the library spells it (so as titles are on record), `real` has its links followed.
    """

    path: str
    real: str
    real_root: str
    library_id: int | None = None

    @property
    def on_disk(self) -> Path:
        """The real path, to open."""
        return Path(paths.on_disk(self.real))

    @property
    def root(self) -> Path:
        """The real root, outside of which nothing is written."""
        return Path(paths.on_disk(self.real_root))

    @property
    def shown(self) -> str:
        """The path for people."""
        return paths.readable(self.path)


def well_formed(text: str) -> str:
    """A path in a payload, in the stored form, without needless slashes. Raises PathRefused if malformed."""
    # What is in the stored form already must not be brought into it once more; only a name that is not UTF-8 is not.
    return checked_path(paths.on_disk(text))


def place_of(session: Session, settings: Settings, text: str) -> Place:
    """Where a path lies once its links are followed, whether or not anything is there.

    Raises PathRefused for one that is malformed or lies in no library and no allowed root.
    """
    path = well_formed(text)
    real = resolved(path)
    for library in session.scalars(sa.select(Library)):
        root = resolved(library.path)
        if paths.is_inside(real, root):
            spelt = paths.join(library.path, real[len(root) :].lstrip("/"))
            return Place(spelt, real, root, library.id)
    for root in allowed_roots(settings):
        if paths.is_inside(real, root):
            return Place(path, real, root)
    raise PathRefused(f"{paths.readable(path)} lies in no library and no allowed root")


def existing_place(session: Session, settings: Settings, text: str) -> Place:
    """As `place_of`, of something that is there and may be read. Raises PathRefused."""
    place = place_of(session, settings, text)
    try:
        there = place.on_disk.exists()
    except OSError as error:
        raise PathRefused(f"{place.shown} cannot be looked at: {(error.strerror or '').lower()}") from None
    if not there:
        raise PathRefused(f"there is no {place.shown}")
    if not os.access(place.on_disk, os.R_OK):
        raise PathRefused(f"{place.shown} cannot be read by the user queueapp runs as")
    return place


def file_to_work_on(session: Session, settings: Settings, text: str) -> Place:
    """A file that an actor is about to work on. Raises Permanent when it is not there, PathRefused."""
    place = place_of(session, settings, text)
    try:
        is_file, exists = place.on_disk.is_file(), place.on_disk.exists()
    except OSError as error:
        raise Permanent(f"{place.shown} cannot be looked at: {(error.strerror or '').lower()}") from None
    if not exists:
        raise Permanent(f"{place.shown} is not there (any more)")
    if not is_file:
        raise Permanent(f"{place.shown} is not a file")
    return place


def title_of(session: Session, place: Place) -> Media | None:
    """The film or episode whose video this file is, or None."""
    if place.library_id is None:
        return None
    return session.scalars(
        sa.select(Media)
        .join(MediaFile, MediaFile.media_id == Media.id)
        .where(
            MediaFile.path == place.path,
            MediaFile.role.in_(_VIDEOS),
            Media.library_id == place.library_id,
            Media.status == MediaStatus.PRESENT,
        )
        .limit(1)
    ).first()
