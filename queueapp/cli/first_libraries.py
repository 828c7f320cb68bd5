"""The libraries that `up` starts with: those named on the command line, else the demo when there are none."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from queueapp.bootstrap import Runtime
from queueapp.demo import make_demo
from queueapp.media import paths
from queueapp.models.library import LibraryKind
from queueapp.services.library import libraries as service
from queueapp.services.library.library_paths import DEMO_FOLDER
from queueapp.services.library.library_views import LibraryView, NewLibrary

#: Names by which series are recognised: `Season 01`, `S01E02`, `1x02`.
EPISODE = re.compile(
    r"(?i)\b(?:season|staffel|saison|temporada)[ ._-]?\d|\bs\d{1,2}[ ._-]?e\d|\b\d{1,2}x\d{2}\b"
)
#: How many names are looked at to tell films from series.
LOOKED_AT = 2000

Wanted = tuple[LibraryKind | None, Path]


class LibraryOption(click.ParamType[Wanted]):
    """`movies=DIR`, `tv=DIR`, or `DIR` alone, whose kind is then told from the names in it."""

    name = "library"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Wanted:
        """Split it, or end with a usage error."""
        if isinstance(value, tuple):
            return value
        word, separator, rest = str(value).partition("=")
        kind = next((each for each in LibraryKind if separator and word == each.value), None)
        folder = Path(rest if kind else value).expanduser().absolute()
        if not folder.is_dir():
            self.fail(f"there is no folder {folder}", param, ctx)
        return kind, folder


def prepare_libraries(runtime: Runtime, console: Console, wanted: Iterable[Wanted], *, demo: bool) -> None:
    """Add and scan the wanted libraries; with none wanted and none there, the demo library.

    Raises PathRefused or Conflict for a folder that cannot be a library.
    """
    named = [(_name_of(folder), kind or guess_kind(folder), folder) for kind, folder in wanted]
    if not named:
        with runtime.transaction() as session:
            configured = service.list_libraries(session)
        if not demo or any(not _is_demo(runtime, library) for library in configured):
            return
        console.print("no library is configured: using a demo library", highlight=False)
        folder = runtime.settings.data_dir / DEMO_FOLDER
        made = make_demo(folder, ffmpeg=runtime.settings.tools.ffmpeg)
        named = [(library.name, LibraryKind(library.kind), library.path) for library in made]
    for name, kind, folder in named:
        task_id = add_or_scan(runtime, name, kind, folder)
        console.print(
            f"task {task_id} scans {folder} ({kind.value})", highlight=False, markup=False, soft_wrap=True
        )


def add_or_scan(runtime: Runtime, name: str, kind: LibraryKind, folder: Path) -> int:
    """Add the folder as a library, unless it is one, and enqueue its scan; returns the task's id."""
    path = paths.stored(str(folder))
    with runtime.transaction() as session:
        known = next((each for each in service.list_libraries(session) if each.path == path), None)
    if known is not None:
        return service.scan_library(runtime, known.id, created_by="cli", origin="up").task_id
    new = NewLibrary(name=name, path=path, kind=kind)
    return service.add_and_scan(runtime, new, created_by="cli", origin="up")[1].task_id


def guess_kind(folder: Path) -> LibraryKind:
    """Series when names like `Season 01` or `S01E02` are in it, else films."""
    names = islice(_names_in(folder), LOOKED_AT)
    return LibraryKind.TV if any(EPISODE.search(name) for name in names) else LibraryKind.MOVIES


def _names_in(folder: Path) -> Iterator[str]:
    for _, folders, files in os.walk(folder):
        yield from folders
        yield from files


def _name_of(folder: Path) -> str:
    return paths.readable(folder.name)[:200] or str(folder)


def _is_demo(runtime: Runtime, library: LibraryView) -> bool:
    return paths.is_inside(library.path, paths.stored(str(runtime.settings.data_dir / DEMO_FOLDER)))
