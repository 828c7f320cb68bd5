"""Every title of a library as people have them is renamed, found again by a scan, and given its former names."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.models.media import MediaKind
from tests.film_library import make_library
from tests.integration.rename.conftest import Renaming
from tests.running_scan import ScannedLibrary


@pytest.mark.parametrize("kind", ["movies", "tv"])
def test_a_whole_library_there_and_back(runtime: Runtime, tmp_path: Path, kind: str) -> None:
    films, series = make_library(tmp_path)
    root = films if kind == "movies" else series
    for pipe in root.glob("*.mkv"):
        if pipe.is_fifo():
            pipe.unlink()
    library = ScannedLibrary(runtime, root, kind)
    library.scan()
    made = Renaming(runtime, library, root)
    made.finish_chain()
    before, titles = made.tree(), {one.id: one.title for one in library.titles(*MediaKind)}
    refused = []
    for number, one in enumerate(library.titles(MediaKind.MOVIE, MediaKind.SHOW)):
        with contextlib.suppress(errors.Skip):
            try:
                made.rename(one.id, task_id=100 + number)
            except errors.Permanent as error:
                refused.append(error.message)
    assert refused == []
    assert len(made.journals()) >= 2
    scan = made.scan()
    assert (scan.chained, scan.result["new"], scan.result["moved"], scan.result["gone"]) == ([], 0, 0, 0)
    assert {one.id: one.title for one in library.titles(*MediaKind)} == titles
    for entry in reversed(made.journals()):
        made.revert(entry.id, task_id=1000 + entry.id)
    assert made.tree() == before
    assert made.scan().chained == []
