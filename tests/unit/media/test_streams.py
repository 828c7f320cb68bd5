from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from queueapp.demo import Audio, make_video
from queueapp.media import streams
from queueapp.media.streams import NotPlayable, Streams, Video


@pytest.fixture(scope="session")
def mkv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real MKV of two seconds with a German and an English track."""
    path = tmp_path_factory.mktemp("videos") / "film.mkv"
    tracks = (Audio("ger", "Deutsch", default=True), Audio("eng", "Commentary", channels=6))
    make_video(path, 2, tracks, size="1280x720")
    return path


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real MP4 of two seconds with a French track."""
    path = tmp_path_factory.mktemp("videos") / "film.mp4"
    make_video(path, 2, (Audio("fre", default=True),))
    return path


def test_the_streams_of_an_mkv_are_read(mkv: Path) -> None:
    found = streams.read(str(mkv))
    assert found.container == "Matroska"
    assert found.duration_seconds == pytest.approx(2, abs=0.2)
    assert found.size_bytes == mkv.stat().st_size
    assert found.resolution == "720p"
    assert [(one.codec, one.width, one.height) for one in found.video] == [("h264", 1280, 720)]
    assert [(one.language, one.title, one.default, one.channels) for one in found.audio] == [
        ("de", "Deutsch", True, 2), ("en", "Commentary", False, 6),
    ]  # fmt: skip
    assert not found.truncated


def test_the_streams_of_an_mp4_are_read(mp4: Path) -> None:
    found = streams.read(str(mp4))
    assert found.container == "MPEG-4"
    assert [(one.codec, one.language) for one in found.audio] == [("aac", "fr")]


def test_what_was_stored_is_read_back(mkv: Path) -> None:
    found = streams.read(str(mkv))
    assert Streams.model_validate(found.model_dump(mode="json")) == found


@pytest.mark.parametrize("name", [b"Am\xe9lie.mkv", "七人の侍.mkv".encode(), b"a\nb 'c' \"d\".mkv"])
def test_a_file_of_any_name_is_read(mkv: Path, tmp_path: Path, name: bytes) -> None:
    copy = tmp_path / os.fsdecode(name)
    shutil.copy(mkv, copy)
    assert streams.read(str(copy)).video


def test_a_file_that_ends_too_early_is_known_as_such(mkv: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.mkv").write_bytes(mkv.read_bytes()[:5000])
    assert streams.read(str(tmp_path / "cut.mkv")).truncated


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"\x00" * 100_000])
def test_a_file_without_video_is_not_playable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mkv").write_bytes(content)
    with pytest.raises(NotPlayable, match="no video"):
        streams.read(str(tmp_path / "x.mkv"))


def test_a_missing_file_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        streams.read(str(tmp_path / "missing.mkv"))


@pytest.mark.parametrize(
    ("fields", "hdr"),
    [
        ({"hdr_format": "Dolby Vision / SMPTE ST 2086", "hdr_format_compatibility": "HDR10"}, "dolbyvision"),
        ({"hdr_format": "SMPTE ST 2094 App 4", "hdr_format_compatibility": "HDR10+ Profile A"}, "hdr10plus"),
        ({"hdr_format": "SMPTE ST 2086", "hdr_format_compatibility": "HDR10"}, "hdr10"),
        ({"transfer_characteristics": "PQ"}, "hdr10"),
        ({"transfer_characteristics": "HLG"}, "hlg"),
        ({"transfer_characteristics": "BT.709"}, ""),
    ],
)
def test_the_kind_of_hdr_is_told(fields: dict[str, str], hdr: str) -> None:
    track = {"track_type": "Video", "format": "HEVC", "width": 3840, **fields}
    assert streams.from_tracks([track]).video[0].hdr == hdr


def test_a_cover_inside_the_file_is_no_video() -> None:
    assert streams.from_tracks([{"track_type": "Video", "format": "JPEG"}]).video == []


def test_languages_are_normalised_and_unknown_ones_empty() -> None:
    tracks = [
        {"track_type": "Text", "format": "UTF-8", "language": one}
        for one in ("ger", "deu", "de", "und", None)
    ]
    assert [one.language for one in streams.from_tracks(tracks).text] == ["de", "de", "de", "", ""]


def test_parts_are_as_long_as_together() -> None:
    one, two = Streams(duration_seconds=60, size_bytes=5), Streams(duration_seconds=40, size_bytes=6)
    whole = streams.joined([one, two])
    assert (whole.duration_seconds, whole.size_bytes) == (100, 11)


@pytest.mark.parametrize(
    ("width", "height", "label"),
    [(3840, 1600, "2160p"), (1920, 800, "1080p"), (1280, 534, "720p"), (720, 576, "576p"), (640, 480, "480p"),
     (320, 180, "180p")],
)  # fmt: skip
def test_the_resolution_of_a_cropped_film_goes_by_its_width(width: int, height: int, label: str) -> None:
    assert Streams(video=[Video(width=width, height=height)]).resolution == label
