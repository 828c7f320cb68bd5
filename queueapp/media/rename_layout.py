"""Which files and folders go along when the videos of a title get other names or places."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from queueapp.media import paths
from queueapp.media.classify import FileKind, classify
from queueapp.media.options import ScanOptions
from queueapp.media.places import home, is_disc
from queueapp.media.rename_plan import Move, Refused, listing, same_name
from queueapp.media.walk import SUBTITLES

#: What may follow a video's name in the name of a file that belongs to it.
_BESIDE = re.compile(
    r"(?:\.[^.\s]{1,20}){0,3}\.(?:" + "|".join(sorted(SUBTITLES)) + r"|mka|ac3|dts|eac3)"
    r"|\.(?:nfo|jpe?g|png|webp|tbn|edl|txt|xml|chapters\.xml|nfo-orig)"
    r"|-[a-z]+\d*\.(?:jpe?g|png|webp|tbn|gif)"
    r"|[-._ ](?:trailer|teaser|sample|behindthescenes|deleted|deletedscene|featurette|interview|scene|short"
    r"|other|extra|bonus|clip)[-_ ]?\d{0,2}\.[a-z0-9]{2,4}",
    re.IGNORECASE,
)
#: Kept free after a name, so that artwork can be written beside it: `-clearlogo10.webp`.
LEAST_RESERVED_BYTES = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """A video, and the folder and name (without extension) that it is to have; paths in the stored form."""

    path: str
    folder: str
    stem: str


@dataclass(frozen=True, slots=True)
class Looks:
    """How a library tells titles from what lies beside them."""

    root: str
    options: ScanOptions
    tv: bool

    def is_title(self, folder: str, name: str) -> bool:
        """Whether a file is the video of a title, by name and place."""
        if paths.split_extension(name)[1] not in self.options.extensions:
            return False
        below = folder[len(self.root) :].lstrip("/")
        kind = classify(paths.readable(below), name, 1 << 40, self.options, tv=self.tv)
        return kind in (FileKind.FILM, FileKind.EPISODE)


def reserved_bytes(looks: Looks, path: str) -> int:
    """Bytes that the longest ending takes that follows a video's name: `.de.forced.srt`, `-fanart12.jpg`."""
    stem, extension = paths.split_extension(paths.base_name(path))
    endings = [name[len(stem) :] for _, name in _belonging(looks, paths.parent(path), {stem})]
    return max([LEAST_RESERVED_BYTES, len(extension) + 1, *(len(one.encode()) for one in endings)])


def film(
    looks: Looks, folder: str, videos: Sequence[Wanted], target: str, *, own: bool, own_then: bool
) -> tuple[list[Move], list[Move]]:
    """Moves of files and of folders for a film: `own` tells whether its folder is its alone, now and then.

    Raises Refused where what lies in its folder would get lost among other titles.
    """
    inside = [one for one in videos if not is_disc(one.path[len(looks.root) :])]
    beside = _moves(looks, inside)
    if not own:
        if own_then and target != folder:
            _refuse_foreign_folder(target, folder)
        return beside, []
    if own_then and folder != target and paths.is_inside(folder, target):
        return [*beside, *_upwards(folder, target, beside)], []
    if own_then:
        return beside, [Move(folder, target)] if folder != target else []
    left = _left_in(folder, beside)
    if left:
        raise Refused(
            f"{paths.readable(folder)} holds {paths.readable(left[0])}, which would be nobody's in a folder "
            "of several films: use a template that gives each film a folder"
        )
    return beside, []


def show(
    looks: Looks, folder: str | None, target: str, videos: Sequence[Wanted]
) -> tuple[list[Move], list[Move]]:
    """Moves for the episodes of a series in `folder` (None: it has none of its own), which becomes `target`."""
    folders = [Move(folder, target)] if folder and folder != target else []
    by_folder: dict[str, list[Wanted]] = defaultdict(list)
    for one in videos:
        by_folder[home_of(looks, paths.parent(one.path))].append(one)
    targets = [same_name(one) for one in {each.folder for each in videos}]
    for place, those in by_folder.items():
        if place != folder and _may_move_whole(looks, place, those, by_folder, targets):
            folders.append(Move(place, those[0].folder))
    return _moves(looks, videos), [one for one in folders if one.before != one.now]


def home_of(looks: Looks, folder: str) -> str:
    """The folder of the title that a folder like `Subs` or `CD1` serves."""
    return paths.join(looks.root, home(folder[len(looks.root) :].lstrip("/")))


def _may_move_whole(
    looks: Looks, place: str, those: Sequence[Wanted], by_folder: dict[str, list[Wanted]], targets: list[str]
) -> bool:
    """Whether a folder holds episodes for just one new folder, which is not there and takes no others."""
    to = {one.folder for one in those}
    if (
        len(to) != 1
        or place == looks.root
        or any(paths.is_inside(other, place) for other in by_folder if other != place)
    ):
        return False
    target = to.pop()
    elsewhere = [
        one for other, each in by_folder.items() if other != place for one in each if one.folder == target
    ]
    is_whole = {name for name in listing(place) if looks.is_title(place, name)} <= {
        paths.base_name(one.path) for one in those
    }
    if elsewhere or not is_whole or same_name(target) not in targets or paths.is_inside(target, place):
        return False
    return not _exists_other(target, place)


def _exists_other(target: str, place: str) -> bool:
    if os.path.lexists(paths.on_disk(target)) and target != place:
        return True
    name = same_name(paths.base_name(target))
    return any(
        same_name(one) == name and paths.join(paths.parent(target), one) != place
        for one in listing(paths.parent(target))
    )


def _moves(looks: Looks, videos: Sequence[Wanted]) -> list[Move]:
    """Each video with all that belongs to it by name."""
    found: dict[str, Move] = {}
    for folder in dict.fromkeys(paths.parent(one.path) for one in videos):
        here = {paths.base_name(one.path): one for one in videos if paths.parent(one.path) == folder}
        stems = {paths.split_extension(name)[0]: one for name, one in here.items()}
        for name, one in here.items():
            ending = name[len(paths.split_extension(name)[0]) :]
            found[one.path] = Move(one.path, paths.join(one.folder, one.stem + ending))
        for sub, name in _belonging(looks, folder, set(stems)):
            stem = _owner(name, stems) or ""
            goal = paths.join(paths.join(stems[stem].folder, sub), stems[stem].stem + name[len(stem) :])
            path = paths.join(paths.join(folder, sub), name)
            found.setdefault(path, Move(path, goal))
    return list(found.values())


def _belonging(looks: Looks, folder: str, stems: set[str]) -> Iterator[tuple[str, str]]:
    """Files beside videos of these names, and in folders like `Subs`, that go by one of the names."""
    names = listing(folder)
    titles = {paths.split_extension(name)[0] for name in names if looks.is_title(folder, name)} | stems
    subs = [one for one in names if home(f"x/{one}") == "x" and not is_disc(one)]
    for sub in ("", *subs):
        place = paths.join(folder, sub)
        for name in names if not sub else listing(place):
            is_video = not sub and paths.split_extension(name)[0] in titles and looks.is_title(folder, name)
            if not is_video and _owner(name, titles) in stems and _is_file(paths.join(place, name)):
                yield sub, name


def _owner(name: str, stems: Iterable[str]) -> str | None:
    """The longest of the names that a file goes by."""
    fitting = [one for one in stems if name.startswith(one) and _BESIDE.fullmatch(name[len(one) :])]
    return max(fitting, key=len, default=None)


def _is_file(path: str) -> bool:
    place = Path(paths.on_disk(path))
    return place.is_file() and not place.is_symlink()


def _upwards(folder: str, target: str, beside: Sequence[Move]) -> list[Move]:
    """What else lies in a folder whose film belongs in a folder above it; each entry goes along whole."""
    going = {one.before for one in beside}
    found = []
    for name in listing(folder):
        path = paths.join(folder, name)
        if path in going:
            continue
        if any(paths.is_inside(one, path) for one in going):
            raise Refused(
                f"{paths.readable(path)} would have to be taken apart; move its files by hand first"
            )
        found.append(Move(path, paths.join(target, name)))
    return found


def _left_in(folder: str, moves: Sequence[Move]) -> list[str]:
    going = {one.before for one in moves}
    return [one for one in listing(folder) if paths.join(folder, one) not in going]


def _refuse_foreign_folder(target: str, folder: str) -> None:
    if listing(target) and not paths.is_inside(folder, target):
        raise Refused(f"{paths.readable(target)} is there already, and is another title's")
