from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.errors import Conflict, NotFound, PathRefused
from queueapp.ledger import reads
from queueapp.models.library import LibraryKind
from queueapp.models.task import Task
from queueapp.services.library import libraries
from queueapp.services.library.library_views import LibraryChanges, NewLibrary
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary


def add(runtime: Runtime, path: Path | str, kind: str = "movies") -> Any:
    with runtime.transaction() as session:
        new = NewLibrary(name="Films", path=str(path), kind=LibraryKind(kind))
        return libraries.add_library(session, runtime.settings, new)


def test_a_folder_becomes_a_library_and_its_scan_is_enqueued(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    new = NewLibrary(name="Films", path=f"{tmp_path}//films/", kind=LibraryKind.MOVIES)
    library, created = libraries.add_and_scan(runtime, new, created_by="anna", origin="ui")
    assert library.path == f"{tmp_path}/films"
    with runtime.transaction() as session:
        task = reads.get_task(session, created.task_id)
        (item,), _ = reads.list_items(session, created.task_id)
        detail = reads.get_item(session, created.task_id, item.id)
        meta = session.scalar(sa.select(Task.meta).where(Task.id == created.task_id))
    assert (task.type, task.title, task.created_by, task.priority) == ("scan", "Scan Films", "anna", 5)
    assert detail.payload == {
        "path": library.path, "library_id": library.id, "kind": "movies", "accept_gone": False,
    }  # fmt: skip
    assert meta is not None
    assert "ignorePatterns" in meta["config"]["scan"]


def test_a_second_scan_of_a_library_joins_the_first(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path, ["films/x.mkv"])
    library = add(runtime, tmp_path / "films")
    first = libraries.scan_library(runtime, library.id, created_by="anna")
    second = libraries.scan_library(runtime, library.id, created_by="ben")
    assert (second.task_id, second.created) == (first.task_id, False)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("films", "absolute"),
        ("~/films", "absolute"),
        ("/media/../etc", r"'\.\.'"),
        ("/media/\0", "NUL"),
        ("/", "folder of the system"),
        ("/etc", "folder of the system"),
        ("/usr/share", "folder of the system"),
        ("/proc/1", "folder of the system"),
        ("/no/such/folder", "there is no folder"),
    ],
)
def test_a_path_that_cannot_be_a_library_is_refused(runtime: Runtime, path: str, reason: str) -> None:
    with pytest.raises(PathRefused, match=reason):
        add(runtime, path)
    with runtime.transaction() as session:
        assert libraries.list_libraries(session) == []


def test_a_file_a_link_to_the_system_and_the_data_directory_are_refused(
    runtime: Runtime, tmp_path: Path
) -> None:
    data = runtime.settings.data_dir
    data.mkdir(parents=True, exist_ok=True)
    (data / "cache").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("/etc")
    for path, reason in (
        (tmp_path / "file", "is not a folder"),
        (tmp_path / "link", "folder of the system"),
        (data, "data directory"),
        (data / "cache", "data directory"),
        (data.parent, "data directory"),
    ):
        with pytest.raises(PathRefused, match=reason):
            add(runtime, path)


def test_the_demos_folder_may_be_a_library_though_it_lies_in_the_data_directory(runtime: Runtime) -> None:
    demo = runtime.settings.data_dir / "demo/films"
    demo.mkdir(parents=True)
    assert add(runtime, demo).path == str(demo)


def test_overlapping_libraries_are_refused_also_through_links(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path, ["media/films/old/x.mkv"])
    (tmp_path / "other").symlink_to(tmp_path / "media")
    add(runtime, tmp_path / "media/films")
    for path in ("media/films", "media/films/old", "media", "other/films", "other"):
        with pytest.raises(Conflict):
            add(runtime, tmp_path / path)


def test_a_library_can_be_renamed_and_removed_and_its_files_stay(films: ScannedLibrary) -> None:
    films.scan()
    with films.runtime.transaction() as session:
        changed = libraries.change_library(session, films.id, LibraryChanges(name="Cinema"))
        assert (changed.name, changed.counts.movies) == ("Cinema", 6)
        libraries.remove_library(session, films.id)
        assert libraries.list_libraries(session) == []
        with pytest.raises(NotFound):
            libraries.remove_library(session, films.id)
    assert films.titles() == []
    assert (films.folder / "Heat (1995)/Heat (1995).mkv").exists()


def test_a_path_to_scan_is_found_in_its_library(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path, ["films/Heat (1995)/Heat (1995).mkv"])
    (tmp_path / "link").symlink_to(tmp_path / "films")
    library = add(runtime, tmp_path / "films")
    with runtime.transaction() as session:
        for path in (tmp_path / "films/Heat (1995)", tmp_path / "link/Heat (1995)"):
            target = libraries.resolve_scan_path(session, runtime.settings, str(path))
            assert (target.library_id, target.path) == (library.id, f"{tmp_path}/films/Heat (1995)")


def test_a_path_to_scan_may_lie_in_an_allowed_root_but_nowhere_else(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with runtime.transaction() as session:
        target = libraries.resolve_scan_path(session, runtime.settings, str(tmp_path / "new"))
        assert (target.library_id, target.kind) == (None, None)
        with pytest.raises(PathRefused, match="no library and no allowed root"):
            libraries.resolve_scan_path(session, runtime.settings, "/usr")
        with pytest.raises(PathRefused, match="there is no folder"):
            libraries.resolve_scan_path(session, runtime.settings, str(tmp_path / "missing"))
