"""Whether a folder holds films or series, by its names."""

from __future__ import annotations

import os
import re

from queueapp.media import episode_names, paths
from queueapp.media.options import EXTENSIONS

#: Videos looked at before an answer is given.
_ENOUGH = 200
_EPISODE = re.compile(r"(?<![a-z0-9])(?:s\d{1,4}[ ._-]?e\d{1,4}|\d{1,2}x\d{2,3})(?![a-z0-9])", re.IGNORECASE)


def guess_kind(root: str) -> str:
    """`tv` when at least half of the first videos are numbered like episodes, else `movies`."""
    videos = episodes = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        in_season = episode_names.season_of_folder(paths.base_name(folder)) is not None
        for name in sorted(names):
            stem, extension = paths.split_extension(name)
            if extension in EXTENSIONS:
                videos += 1
                episodes += in_season or bool(_EPISODE.search(stem))
        if videos >= _ENOUGH:
            break
    return "tv" if videos and episodes * 2 >= videos else "movies"
