"""Thumbnails from the videos themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from actors.thumbnail import Thumbnail, perform
from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.media import frames
from queueapp.models.image import ChosenBy, Image
from queueapp.models.media_file import FileRole, MediaFile
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.many_tracks import FFMPEG, Track, make


def thumbnail(runtime: Runtime, path: Path, *, dry_run: bool = False, **more: Any) -> dict[str, Any]:
    result = perform(Thumbnail(path=str(path), **more), Acting(runtime, dry_run=dry_run).as_context)
    assert result is not None
    return result


def half_black(path: Path) -> Path:
    """Eight seconds of which the first half shows nothing."""
    source = "testsrc2=s=160x90:r=10:d=8,drawbox=c=black:t=fill:enable='lt(t,4.1)'"
    command = [
        FFMPEG,
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        source,
        "-c:v",
        "libx264",
        "-g",
        "5",
        "-pix_fmt",
        "yuv420p",
    ]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path


def test_a_video_gets_a_thumbnail_that_shows_something(runtime: Runtime, tmp_path: Path) -> None:
    path = half_black(tmp_path / "Show S01E01.mkv")
    result = thumbnail(runtime, path)
    made = tmp_path / "Show S01E01-thumb.jpg"
    with Picture.open(made) as picture:
        assert (picture.format, picture.size) == ("JPEG", (160, 90))
    assert frames.worth(made.read_bytes()) >= 1.0
    assert result["at_seconds"] >= 2.8
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == [path.name, made.name][::-1]


def test_a_thumbnail_that_is_there_stays(runtime: Runtime, tmp_path: Path) -> None:
    path = make(tmp_path / "film.mkv", Track("eng"))
    (tmp_path / "film-thumb.png").write_bytes(b"somebody's")
    with pytest.raises(errors.Skip, match="is there already"):
        thumbnail(runtime, path)
    assert thumbnail(runtime, path, overwrite=True)["file"] == "film-thumb.jpg"


def test_a_dry_run_writes_none(runtime: Runtime, tmp_path: Path) -> None:
    path = make(tmp_path / "film.mkv")
    assert thumbnail(runtime, path, dry_run=True)["would_write"]
    assert not (tmp_path / "film-thumb.jpg").exists()


def test_an_episode_with_a_still_needs_none(offline_shelf: Shelf) -> None:
    show = offline_shelf.show("Dark")
    episode = offline_shelf.episode(show, offline_shelf.season(show, 1), [1])
    path = Path(offline_shelf.media(episode).main_path or "")
    with offline_shelf.runtime.transaction() as session:
        session.add(
            MediaFile(media_id=episode, role=FileRole.MAIN, path=str(path), size_bytes=1, mtime_ns=1, inode=1)
        )
        still = Image(media_id=episode, kind="thumb", provider="tmdb", url="https://x/y.jpg", selected=True)
        still.selected_by, still.sha256, still.content_type = ChosenBy.AUTO, "0" * 64, "image/jpeg"
        still.downloaded_at = offline_shelf.media(episode).added_at
        session.add(still)
    with pytest.raises(errors.Skip, match="there is a still"):
        thumbnail(offline_shelf.runtime, path)


def test_what_is_no_video_is_a_clear_error(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(b"no video")
    with pytest.raises(errors.Permanent, match="no video was found"):
        thumbnail(runtime, path)


def test_a_video_of_one_colour_gets_none(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "black.mkv"
    source = "color=c=black:s=160x90:r=5:d=1"
    subprocess.run(
        [FFMPEG, "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", str(path)], check=True
    )
    with pytest.raises(errors.Skip, match="single colour"):
        thumbnail(runtime, path)
