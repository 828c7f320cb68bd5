"""Which folder a file belongs to when it lies in a folder that only serves the title above it."""

from __future__ import annotations

import re

_SERVING = re.compile(
    r"""(?ix)^(?: subs? | subtitles? | untertitel
      | bdmv | stream | playlist | clipinf | backup | video_ts | audio_ts
      | (?:cd|dvd|dis[ck]|part)[ ._-]?\d
      | extras? | featurettes? | behind\ the\ scenes | deleted\ scenes | bonus
      | backdrops | theme-music | making\ of | special\ features | bonus\ features
      | trailers? | samples? | proof
      | interviews | scenes | shorts | clips | others? | promos | covers )$"""
)
_PART_FOLDER = re.compile(r"(?i)^(?:cd|dvd|dis[ck]|part)[ ._-]?(\d)$")


def home(folder: str) -> str:
    """The folder of the title that files in `folder` serve: `Film/Subs` and `Film/CD1` give `Film`."""
    parts = folder.split("/")
    while len(parts) > 1 and _SERVING.match(parts[-1]):
        parts.pop()
    return "/".join(parts)


def part_of_folder(folder: str) -> int | None:
    """1 for `…/CD1`, 2 for `…/Disc 2`, None for other folders."""
    found = _PART_FOLDER.match(folder.rpartition("/")[2])
    return int(found[1]) if found else None


def is_disc(folder: str) -> bool:
    """Whether `folder` is part of a Blu-ray's or DVD's structure, whose streams are one film together."""
    return any(part.lower() in ("bdmv", "video_ts") for part in folder.split("/"))
