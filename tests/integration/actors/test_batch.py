"""The search for a batch's files, piece by piece."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors.batch import Batch, perform
from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.models.item import Item
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.services.batch import batch_walk
from queueapp.services.cancel import cancel_task
from queueapp.services.enqueue import NewTask, create_task
from queueapp.services.phase_config import PhaseConfig
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf

CONFIG = {"config": PhaseConfig().model_dump(mode="json", by_alias=True)}
FAR_AWAY = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
def acting(runtime: Runtime) -> Acting:
    """A worker at the search of a batch that has been stored."""
    return stored(runtime)


def stored(runtime: Runtime, **more: Any) -> Acting:
    new = NewTask(
        "batch",
        [{"path": "/somewhere"}],
        meta=dict(CONFIG),
        created_by="test",
        scheduled_for=FAR_AWAY,
        **more,
    )
    return Acting(runtime, task_id=create_task(runtime, new).task_id, meta=dict(CONFIG))


def search(acting: Acting, **payload: Any) -> list[Item]:
    perform(Batch(**payload), acting.as_context)
    query = sa.select(Item).where(Item.task_id == acting.task_id, Item.type != "batch").order_by(Item.index)
    with acting.runtime.transaction() as session:
        return list(session.scalars(query))


def make_files(folder: Path, number: int) -> set[str]:
    made = set()
    for each in range(number):
        path = folder / f"{each % 7}" / f"film {each}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        made.add(str(path))
    return made


def test_files_are_added_some_at_a_time_and_none_twice(
    acting: Acting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_walk, "CHUNK_FILES", 40)
    expected = make_files(tmp_path / "films", 130)
    found = [item.payload["path"] for item in search(acting, path=str(tmp_path / "films"))]
    assert len(found) == 130
    assert set(found) == expected
    assert len(search(acting, path=str(tmp_path / "films"))) == 130


def test_a_search_that_was_cut_off_goes_on_where_it_stopped(
    acting: Acting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_walk, "CHUNK_FILES", 40)
    expected = make_files(tmp_path / "films", 130)
    monkeypatch.setattr(Acting, "progress", lambda *_: (_ for _ in ()).throw(InterruptedError))
    with pytest.raises(InterruptedError):
        search(acting, path=str(tmp_path / "films"))
    monkeypatch.undo()
    found = [item.payload["path"] for item in search(acting, path=str(tmp_path / "films"))]
    assert (len(found), set(found)) == (130, expected)


def test_a_search_adds_nothing_to_a_batch_that_has_ended(acting: Acting, tmp_path: Path) -> None:
    make_files(tmp_path / "films", 3)
    cancel_task(acting.runtime, acting.task_id)
    with pytest.raises(errors.Permanent, match="ended meanwhile"):
        search(acting, path=str(tmp_path / "films"))


def test_a_folder_that_vanished_is_a_clear_error(acting: Acting, tmp_path: Path) -> None:
    with pytest.raises(errors.Permanent, match="there is no folder"):
        search(acting, path=str(tmp_path / "gone"))


def test_titles_are_published_by_their_record(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    path = offline_shelf.media(film).main_path or ""
    with offline_shelf.runtime.transaction() as session:
        session.add(
            MediaFile(media_id=film, role=FileRole.MAIN, path=path, size_bytes=4, mtime_ns=1, inode=1)
        )
    (offline_shelf.root / "unknown.mkv").write_bytes(b"")
    added = search(stored(offline_shelf.runtime), path=str(offline_shelf.root), operation="publish")
    assert [item.payload for item in added] == [
        {"media_id": film, "group": film, "path": None},
        {"media_id": None, "group": None, "path": str(offline_shelf.root / "unknown.mkv")},
    ]
    assert [item.title for item in added] == ["Nosferatu (1922)/Nosferatu (1922).mkv", "unknown.mkv"]
