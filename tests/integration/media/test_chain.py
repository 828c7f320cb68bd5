"""The chain scan → analyze → enrich → publish, through a real worker."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from queueapp.bootstrap import Runtime
from queueapp.demo import Audio, make_video
from queueapp.ledger import reads
from queueapp.ledger.views import ItemView, TaskView
from queueapp.media.streams import Streams
from queueapp.models.library import LibraryKind
from queueapp.models.media import Media
from queueapp.services import enqueue
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from queueapp.states import TASK_TERMINAL
from tests.film_library import EPISODES, FILMS, make_library
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary
from tests.unprivileged import unprivileged
from tests.waiting import eventually
from tests.workers import run_worker


def finished(runtime: Runtime, task_id: int, seconds: float = 120) -> TaskView:
    """Wait for a task to end."""

    def ended() -> TaskView | None:
        with runtime.transaction() as session:
            task = reads.get_task(session, task_id)
        return task if task.status in TASK_TERMINAL else None

    task = eventually(ended, seconds=seconds, every=0.1, what=f"the end of task {task_id}")
    assert task is not None
    return task


def items(runtime: Runtime, task_id: int) -> list[ItemView]:
    with runtime.transaction() as session:
        return reads.list_items(session, task_id, limit=100)[0]


def scan_result(runtime: Runtime, task_id: int) -> dict[str, Any]:
    scan = items(runtime, task_id)[0]
    with runtime.transaction() as session:
        return reads.get_item(session, task_id, scan.id).result or {}


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file with its size and time."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def add(runtime: Runtime, folder: Path, kind: str) -> tuple[int, int]:
    new = NewLibrary(name=folder.name, path=str(folder), kind=LibraryKind(kind))
    library, created = libraries.add_and_scan(runtime, new, created_by="test")
    return library.id, created.task_id


@pytest.mark.timeout(240)
def test_each_title_of_what_can_be_read_gets_a_valid_nfo_and_a_second_scan_changes_no_file(
    runtime: Runtime, tmp_path: Path
) -> None:
    films, series = make_library(tmp_path)
    plant(films, ["Locked/Secret (2020)/Secret (2020).mkv"])
    locked = films / "Locked"
    locked.chmod(0)
    with (
        unprivileged(runtime.settings) as how,
        run_worker(runtime, threads=4, prefix=how.prefix, environ=how.environ),
    ):
        film_library, film_task = add(runtime, films, "movies")
        series_library, series_task = add(runtime, series, "tv")
        first = [finished(runtime, one) for one in (film_task, series_task)]
        unreadable = [scan_result(runtime, one)["unreadable"] for one in (film_task, series_task)]
        before = listing(films) | listing(series)
        second = [
            finished(runtime, libraries.scan_library(runtime, one, created_by="test").task_id)
            for one in (film_library, series_library)
        ]
    assert [one.status for one in [*first, *second]] == ["completed"] * 4
    assert [one.total_items for one in second] == [1, 1]
    after = listing(films) | listing(series)
    locked.chmod(0o755)
    assert unreadable == [["Locked"], []]
    assert after == before
    nfos = [name for name in before if name.endswith(".nfo")]
    for name in nfos:
        path = next(root / name for root in (films, series) if (root / name).exists())
        etree.fromstring(b"<all>" + path.read_bytes().split(b"?>", 1)[1] + b"</all>")
    assert len(nfos) == len(FILMS) + len(EPISODES) + 2


def test_a_broken_film_fails_alone_and_is_not_tried_at_the_next_scan(
    runtime: Runtime, tmp_path: Path
) -> None:
    films = tmp_path / "films"
    plant(
        films, {"Empty (2001)/Empty (2001).mkv": b"", "Garbage (2002)/Garbage (2002).mkv": b"no video" * 999}
    )
    with run_worker(runtime):
        library, task_id = add(runtime, films, "movies")
        task = finished(runtime, task_id)
        failed = {one.title: one for one in items(runtime, task_id) if one.status == "failed"}
        again = finished(runtime, libraries.scan_library(runtime, library, created_by="test").task_id)
    assert task.status == "failed"
    assert set(failed) == {"Empty (2001)", "Garbage (2002)"}
    assert "the file is empty (0 bytes)" in str(failed["Empty (2001)"].error_message)
    assert "no video was found in it" in str(failed["Garbage (2002)"].error_message)
    assert (again.status, again.total_items) == ("completed", 1)
    assert list(films.rglob("*.nfo")) == []


def test_a_film_that_vanished_before_its_analysis_is_a_clear_error(runtime: Runtime, tmp_path: Path) -> None:
    films = ScannedLibrary(runtime, _one_film(tmp_path))
    films.scan()
    (title,) = films.titles()
    shutil.rmtree(films.folder / "Heat (1995)")
    task = enqueue.NewTask(type="analyze", items=[{"media_id": title.id}], created_by="test")
    with run_worker(runtime):
        task_id = enqueue.create_task(runtime, task).task_id
        finished(runtime, task_id)
    (item,) = items(runtime, task_id)
    assert (item.status, item.attempt) == ("failed", 1)
    assert "is not there any more" in str(item.error_message)


def test_analysis_keeps_the_streams_with_the_subtitles_beside(runtime: Runtime, tmp_path: Path) -> None:
    folder = _one_film(tmp_path)
    plant(folder, ["Heat (1995)/Heat (1995).de.forced.srt"])
    with run_worker(runtime):
        _, task_id = add(runtime, folder, "movies")
        finished(runtime, task_id)
    with runtime.transaction() as session:
        streams = Streams.model_validate(session.query(Media).one().streams)
    assert [one.language for one in streams.audio] == ["en", "de"]
    assert [(one.language, one.forced) for one in streams.text] == [("de", True)]


def test_a_folder_of_an_allowed_root_becomes_a_library_by_its_scan(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path / "new", {"Show/Season 1/Show S01E01.mkv": b"x", "Show/Season 1/Show S01E02.mkv": b"y"})
    task = enqueue.NewTask(type="scan", items=[{"path": str(tmp_path / "new")}], created_by="test")
    with run_worker(runtime, environ={"QUEUEAPP_PATHS__ALLOWED_ROOTS": json.dumps([str(tmp_path)])}):
        finished(runtime, enqueue.create_task(runtime, task).task_id)
    with runtime.transaction() as session:
        (library,) = libraries.list_libraries(session)
    assert (library.name, library.kind, library.counts.episodes) == ("new", LibraryKind.TV, 2)


def _one_film(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    make_video(folder / "Heat (1995)/Heat (1995).mkv", 1, (Audio("eng", default=True), Audio("ger")))
    return folder
