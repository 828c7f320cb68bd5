"""Looking into files: streams, damage, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from actors import analyze, artwork, integrity
from queueapp import errors
from queueapp.bootstrap import Runtime
from tests.integration.actors.acting import Acting
from tests.many_tracks import Track, make


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole MKV of three seconds."""
    return make(tmp_path_factory.mktemp("whole") / "film.mkv", Track("eng"), seconds=3).read_bytes()


def played(runtime: Runtime, path: Path, **more: Any) -> dict[str, Any]:
    result = integrity.perform(integrity.Integrity(path=str(path), **more), Acting(runtime).as_context)
    assert result is not None
    return result


def test_mediainfo_tells_the_streams_of_any_file(runtime: Runtime, tmp_path: Path, video: bytes) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(video)
    acting = Acting(runtime)
    result = analyze.perform(analyze.Analyze(path=str(path)), acting.as_context)
    assert (result["video"], result["audio"], result["container"]) == (["h264"], ["ac3 1ch en"], "Matroska")
    assert acting.added == []
    path.write_bytes(b"")
    with pytest.raises(errors.Permanent, match="is empty"):
        analyze.perform(analyze.Analyze(path=str(path)), Acting(runtime).as_context)


@pytest.mark.parametrize("decode", [True, False])
def test_a_whole_video_has_no_damage(runtime: Runtime, tmp_path: Path, video: bytes, decode: bool) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(video)
    result = played(runtime, path, decode=decode)
    assert (result["ok"], result["damaged"], result["errors"]) == (True, False, [])
    assert result["method"] == ("decode" if decode else "demux")


@pytest.mark.parametrize("decode", [True, False])
def test_a_video_that_ends_too_early_is_damaged(
    runtime: Runtime, tmp_path: Path, video: bytes, decode: bool
) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(video[: len(video) // 3])
    result = played(runtime, path, decode=decode)
    assert (result["ok"], result["damaged"]) == (False, True)
    assert result["message"].startswith("Damaged: ")


def test_broken_bytes_within_are_found_by_decoding(runtime: Runtime, tmp_path: Path, video: bytes) -> None:
    path = tmp_path / "film.mkv"
    middle = len(video) // 2
    path.write_bytes(video[:middle] + b"\xa5" * 3000 + video[middle + 3000 :])
    result = played(runtime, path)
    assert result["damaged"]
    assert 1 <= len(result["errors"]) <= 20


def test_what_is_no_video_is_damaged(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(b"no video")
    assert played(runtime, path)["damaged"]
    with pytest.raises(errors.Permanent, match="is not there"):
        played(runtime, tmp_path / "gone.mkv")


def test_pictures_are_validated_wherever_they_lie(runtime: Runtime, tmp_path: Path) -> None:
    folder = tmp_path / "film"
    (folder / ".actors").mkdir(parents=True)
    Picture.new("RGB", (40, 60), "red").save(folder / "poster.jpg")
    Picture.new("RGB", (40, 60), "red").save(folder / ".actors" / "Max_Schreck.jpg")
    whole = (folder / "poster.jpg").read_bytes()
    (folder / "fanart.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "logo.png").write_bytes(b"<html>not found</html>")
    (folder / "film.mkv").write_bytes(b"video")

    def look(path: Path) -> dict[str, Any]:
        found = artwork.perform(artwork.Artwork(path=str(path)), Acting(runtime).as_context)
        assert found is not None
        return found

    assert (look(folder)["checked"], look(folder)["damaged"], look(folder)["ok"]) == (4, 2, False)
    assert (look(folder / "film.mkv")["checked"], look(folder / "poster.jpg")["ok"]) == (3, True)
    problems = {Path(one["file"]).name: one["problem"] for one in look(folder)["pictures"]}
    assert problems["logo.png"] == "it is no picture"
    assert problems["fanart.jpg"].startswith("it is damaged")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.Skip, match="no pictures"):
        look(tmp_path / "empty")
