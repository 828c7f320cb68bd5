"""Trees of files for scans: planted by their paths, read back as titles."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from queueapp.media.options import ScanOptions
from queueapp.media.survey import Survey, survey
from queueapp.media.titles import FoundTitle
from queueapp.media.walk import Walk


def plant(root: Path, files: Iterable[str] | Mapping[str, bytes]) -> None:
    """Make files below `root`; without contents given each holds its own name, so that sizes differ."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name] if isinstance(files, Mapping) else os.fsencode(name))


def look(root: Path, kind: str = "movies", options: ScanOptions | None = None) -> tuple[Survey, Walk]:
    """A first survey of `root`, and the walk it made."""
    walk = Walk(str(root), options or ScanOptions(), kind)
    top = walk.top()
    assert top is not None
    return survey(walk, top, {}, lambda *_: None), walk


def titles(root: Path, kind: str = "movies", options: ScanOptions | None = None) -> list[FoundTitle]:
    """The titles found in `root`."""
    return look(root, kind, options)[0].titles


def films(root: Path) -> list[tuple[str, int | None]]:
    """Title and year of each film, sorted."""
    return sorted((one.title, one.year) for one in titles(root))


def episodes(root: Path) -> list[tuple[str, int | None, tuple[int, ...]]]:
    """Show, season and numbers of each episode, sorted."""
    found = titles(root, "tv")
    shows = {one.key: one.title for one in found if one.kind == "show"}
    return sorted((shows[one.show_key], one.season, one.episodes) for one in found if one.kind == "episode")
