"""The search for a batch's files, piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.batch import Batch, perform
from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.services import batch_walk
from queueapp.services.phase_config import PhaseConfig
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf

CONFIG = {"config": PhaseConfig().model_dump(mode="json", by_alias=True)}


def search(runtime: Runtime, **payload: Any) -> Acting:
    acting = Acting(runtime, meta=dict(CONFIG))
    perform(Batch(**payload), acting.as_context)
    return acting


def test_a_large_folder_is_searched_in_pieces_that_miss_and_double_nothing(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_walk, "CHUNK_FILES", 40)
    folder = tmp_path / "films"
    expected = set()
    for number in range(130):
        path = folder / f"{number % 7}" / f"film {number}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        expected.add(str(path))
    found: list[str] = []
    payload: dict[str, Any] | None = {"path": str(folder)}
    while payload is not None:
        added = search(runtime, **payload).added
        ahead = [item for item in added if item.type == "batch"]
        assert added[: len(ahead)] == ahead
        files = [dict(item.payload)["path"] for item in added if item.type != "batch"]
        found += files
        payload = dict(ahead[0].payload) if ahead else None
        assert payload is None or payload["siblings"] == len(files) == 40
    assert len(found) == len(set(found)) == 130
    assert set(found) == expected


def test_a_folder_that_vanished_is_a_clear_error(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(errors.Permanent, match="there is no folder"):
        search(runtime, path=str(tmp_path / "gone"))


def test_titles_are_published_by_their_record(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    path = offline_shelf.media(film).main_path or ""
    with offline_shelf.runtime.transaction() as session:
        session.add(
            MediaFile(media_id=film, role=FileRole.MAIN, path=path, size_bytes=4, mtime_ns=1, inode=1)
        )
    (offline_shelf.root / "unknown.mkv").write_bytes(b"")
    added = search(offline_shelf.runtime, path=str(offline_shelf.root), operation="publish").added
    assert [dict(item.payload) for item in added] == [
        {"media_id": film, "group": film},
        {"path": str(offline_shelf.root / "unknown.mkv")},
    ]
    assert [item.title for item in added] == ["Nosferatu (1922)/Nosferatu (1922).mkv", "unknown.mkv"]
