"""Files beside a video that belong to it by name: they go along when it is renamed."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from queueapp.media import files, paths
from queueapp.media.walk import SUBTITLES

_OF_A_VIDEO = re.compile(
    r"\.nfo|-[a-z]+\d*\.(?:jpe?g|png|webp|tbn)|(?:\.[^.\s]{1,20}){0,3}\.(?:" + "|".join(SUBTITLES) + ")",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Move:
    """A file and where it goes; paths in the stored form."""

    before: str
    now: str


def moves(video_before: str, video_now: str) -> list[Move]:
    """What lies beside the former name of a video and belongs to it: NFO, pictures, subtitles."""
    stem, target = posixpath.splitext(video_before)[0], posixpath.splitext(video_now)[0]
    folder, name = paths.parent(stem), paths.base_name(stem)
    if stem == target:
        return []
    found = []
    try:
        with os.scandir(paths.on_disk(folder)) as entries:
            for entry in entries:
                there = paths.stored(entry.name)
                suffix = there[len(name) :] if there.startswith(name) else ""
                if suffix and _OF_A_VIDEO.fullmatch(suffix) and entry.is_file(follow_symlinks=False):
                    found.append(Move(paths.join(folder, there), target + suffix))
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda one: one.before)


def carry_out(move: Move, root: str) -> bool:
    """Move a file inside `root`; False when its new place is taken or it is gone, and nothing was done."""
    before, now = Path(paths.on_disk(move.before)), Path(paths.on_disk(move.now))
    place = Path(paths.on_disk(root))
    outside = not (files.is_inside(before.parent, place) and files.is_inside(now.parent, place))
    if outside or not now.parent.is_dir() or os.path.lexists(now):
        return False
    try:
        before.rename(now)
    except FileNotFoundError:
        return False
    files.sync_folder(now.parent)
    return True
