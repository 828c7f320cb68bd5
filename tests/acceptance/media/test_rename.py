"""A rename through a whole instance: asked for by HTTP, done by real processes, and taken back exactly."""

from __future__ import annotations

from pathlib import Path

from queueapp.demo import Audio, make_video
from tests.acceptance.instances import Instance

FOLDER = "metropolis.1927.1080p-GRP"


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of every file."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_rename_and_its_way_back(tmp_path: Path) -> None:
    films = tmp_path / "films"
    make_video(films / FOLDER / "metropolis.1080p.mkv", 1, (Audio("ger", default=True),))
    (films / FOLDER / "metropolis.1080p.de.srt").write_bytes(b"subtitles")
    untouched = tree(films)
    instance = Instance(tmp_path / "data").start("--no-demo", "--processes", "1", "--threads", "2")
    try:
        new = {"name": "Films", "path": str(films), "kind": "movies"}
        scan = instance.api("POST", "/api/libraries", 201, json=new)["task_id"]
        assert instance.wait_for(scan)["status"] == "completed"
        film = instance.api("GET", "/api/media", 200)["media"][0]["id"]
        before = tree(films)
        renaming = instance.api("POST", f"/api/media/{film}/rename", 202)["task_id"]
        assert instance.wait_for(renaming)["status"] == "completed"
        assert (films / "metropolis (1927)" / "metropolis (1927).de.srt").is_file()
        assert not (films / FOLDER).exists()
        back = instance.api("POST", f"/api/queues/{renaming}/revert", 202)["task_id"]
        assert instance.wait_for(back)["status"] == "completed"
        assert tree(films) == before
        # So can what the scan's chain wrote beside the film.
        assert before != untouched
        back = instance.api("POST", f"/api/queues/{scan}/revert", 202)["task_id"]
        assert instance.wait_for(back)["status"] == "completed"
        assert tree(films) == untouched
    finally:
        instance.close()
