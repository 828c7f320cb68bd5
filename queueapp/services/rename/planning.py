"""The plan for one title: from what is on record of it to what is done on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.config import Settings
from queueapp.media import episode_names, paths, rename_layout, rename_plan
from queueapp.media.options import ScanOptions
from queueapp.media.places import home, is_disc
from queueapp.media.rename_layout import Looks, Wanted
from queueapp.media.rename_plan import Move, Refused, RenamePlan
from queueapp.models.library import Library, LibraryKind
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.name_template import NameTooLong, Template, Value
from queueapp.services import phase_config
from queueapp.services.library import scan_reads
from queueapp.services.rename import names
from queueapp.services.rename.names import Templates

_VIDEOS = (FileRole.MAIN, FileRole.PART, FileRole.VERSION)


@dataclass
class Subject:
    """A title that is to be renamed, with all that its new names are made of, read in one transaction."""

    media: Media
    label: str
    library: Library
    templates: Templates
    looks: Looks
    show: Media | None = None
    #: Films or episodes with their videos, main ones first.
    works: list[tuple[Media, list[MediaFile]]] = field(default_factory=list)
    #: Every title whose record may change.
    family: list[int] = field(default_factory=list)


def load(session: Session, settings: Settings, media_id: int, template: str | None) -> Subject:
    """Read a title. Raises NotFound, WrongStatus for one that is gone, BadPayload for a bad template."""
    media = session.get(Media, media_id)
    if media is None:
        raise errors.NotFound(f"there is no title {media_id}")
    if media.status is MediaStatus.GONE:
        raise errors.WrongStatus("gone", f"the files of title {media_id} are gone")
    library = session.get_one(Library, media.library_id)
    show = media if media.kind is MediaKind.SHOW else session.get(Media, media.show_id or 0)
    config = phase_config.snapshot(session)
    options = ScanOptions.from_config({**config["scan"], **library.options.get("scan", {})})
    looks = Looks(library.path, options, library.kind is LibraryKind.TV)
    label = scan_reads.label_of(media, show.title if show and show is not media else None)
    found = Subject(media, label, library, names.templates(settings, library, template), looks, show)
    works = _works(session, media)
    videos = _videos(session, [one.id for one in works])
    found.works = [(one, videos.get(one.id, [])) for one in works]
    found.family = _family(session, show or media)
    return found


def plan(subject: Subject) -> RenamePlan:
    """What is to be done on the disk. Raises Refused."""
    if not any(videos for _, videos in subject.works):
        raise Refused(f"{subject.label} has no files that could be renamed")
    try:
        if subject.show is None:
            moves, folders = _film(subject)
        else:
            moves, folders = _episodes(subject, subject.show)
    except NameTooLong as error:
        raise Refused(f"{subject.label}: {error}") from None
    return rename_plan.plan(subject.library.path, moves, folders)


def _film(subject: Subject) -> tuple[list[Move], list[Move]]:
    film, videos = subject.works[0]
    template, looks = subject.templates.movie, subject.looks
    values = names.film_values(film, "", None)
    names.refuse_incomplete(template, values, subject.label)
    folder = _place(subject.library.path, template, 0, template.folders, values)
    wanted = _film_videos(subject, template, film, videos, folder)
    return rename_layout.film(
        looks, film.folder, wanted, folder, own=film.own_folder, own_then=template.has_own_folder
    )


def _film_videos(
    subject: Subject, template: Template, film: Media, videos: Sequence[MediaFile], folder: str
) -> list[Wanted]:
    """Each video with its new folder; further versions of a film get what tells them apart."""
    parts = sum(1 for one in videos if one.role is not FileRole.VERSION and one.part)
    found: list[Wanted] = []
    taken: list[str] = []
    for number, video in enumerate(videos, 1):
        part = video.part if parts > 1 and video.role is not FileRole.VERSION else None
        ending = _part_ending(template, part)
        if video.role is FileRole.VERSION:
            label = names.distinguishing(video.path, number, taken)
            taken.append(label)
            ending = f" - {label}" + (_part_ending(template, video.part) if video.part else "")
        values = names.film_values(film, video.path, part)
        stem = _stem(subject, template, values, video.path, ending)
        found.append(Wanted(video.path, _serving(film.folder, video.path, folder, own=film.own_folder), stem))
    return found


def _episodes(subject: Subject, show: Media) -> tuple[list[Move], list[Move]]:
    whole = subject.media.kind is MediaKind.SHOW
    folder = show.folder if show.own_folder else None
    if folder is None and not whole:
        raise Refused(f"{show.title} has no folder of its own yet: rename the whole series")
    template = subject.templates.of_episode(subject.works[0][0])
    values = names.show_values(show)
    root = subject.library.path
    target = _place(root, template, 0, template.show_folders, values) if whole or not folder else folder
    if folder is None and rename_plan.listing(target):
        raise Refused(f"{paths.readable(target)} is there already, and is another title's")
    wanted = [
        one
        for episode, videos in subject.works
        for one in _episode_videos(subject, show, episode, videos, target)
    ]
    return rename_layout.show(subject.looks, folder, target, wanted)


def _episode_videos(
    subject: Subject, show: Media, episode: Media, videos: Sequence[MediaFile], target: str
) -> list[Wanted]:
    template = subject.templates.of_episode(episode)
    label = scan_reads.label_of(episode, show.title)
    season = names.season_values(show, episode.season_number)
    folder = _place(target, template, template.show_folders, template.folders, season)
    parts = sum(1 for one in videos if one.role is not FileRole.VERSION and one.part)
    found, taken = [], list[str]()
    for number, video in enumerate(videos, 1):
        part = video.part if parts > 1 and video.role is not FileRole.VERSION else None
        values = names.episode_values(show, episode, video.path, part)
        names.refuse_incomplete(template, values, label)
        ending = _part_ending(template, part)
        if video.role is FileRole.VERSION:
            taken.append(names.distinguishing(video.path, number, taken))
            ending = f" - {taken[-1]}"
        stem = _stem(subject, template, values, video.path, ending)
        _refuse_unrecognised(episode, stem, folder, label)
        found.append(Wanted(video.path, folder, stem))
    return found


def _refuse_unrecognised(episode: Media, stem: str, folder: str, label: str) -> None:
    """A scan must find the same episode under its new name."""
    said = episode_names.parse(stem, episode_names.season_of_folder(paths.base_name(folder)))
    same_numbers = list(said.episodes) == list(episode.episode_numbers) and (
        not said.episodes or said.season == episode.season_number
    )
    if not same_numbers or (not said.episodes and said.aired != episode.air_date):
        raise Refused(f"the template would name {label} {stem!r}, by which no scan would find it again")


def _stem(subject: Subject, template: Template, values: dict[str, Value], path: str, ending: str) -> str:
    """The new name of a video without its extension; one of a disc's structure keeps the name it has."""
    if is_disc(path[len(subject.library.path) :]):
        return paths.split_extension(paths.base_name(path))[0]
    reserved = rename_layout.reserved_bytes(subject.looks, path) + len(ending.encode())
    return template.stem(values, reserved) + ending


def _part_ending(template: Template, part: int | None) -> str:
    return f" - cd{part}" if part and not template.uses("part") else ""


def _place(above: str, template: Template, first: int, last: int, values: dict[str, Value]) -> str:
    for number in range(first, last):
        above = paths.join(above, template.folder(number, values))
    return above


def _serving(folder: str, path: str, target: str, *, own: bool) -> str:
    """The new folder of a video; one in a folder like `CD1` of its film's own stays in such a folder."""
    below = paths.parent(path)[len(folder) :].lstrip("/") if own and paths.is_inside(path, folder) else ""
    return paths.join(target, below) if below and home(f"x/{below}") == "x" else target


def _works(session: Session, media: Media) -> list[Media]:
    if media.kind in (MediaKind.MOVIE, MediaKind.EPISODE):
        return [media]
    query = sa.select(Media).where(
        Media.kind == MediaKind.EPISODE,
        Media.status == MediaStatus.PRESENT,
        Media.show_id == media.id if media.kind is MediaKind.SHOW else Media.parent_id == media.id,
    )
    return list(session.scalars(query.order_by(Media.season_number, Media.episode_number, Media.id)))


def _videos(session: Session, media_ids: Sequence[int]) -> dict[int, list[MediaFile]]:
    query = sa.select(MediaFile).where(MediaFile.media_id.in_(media_ids), MediaFile.role.in_(_VIDEOS))
    order = {role: number for number, role in enumerate(_VIDEOS)}
    found: dict[int, list[MediaFile]] = {}
    for one in sorted(session.scalars(query), key=lambda one: (order[one.role], one.part or 0, one.path)):
        found.setdefault(one.media_id, []).append(one)
    return found


def _family(session: Session, head: Media) -> list[int]:
    return [head.id, *session.scalars(sa.select(Media.id).where(Media.show_id == head.id))]
