"""The demo library: real files, made once."""

from __future__ import annotations

import subprocess

import pytest
from pymediainfo import MediaInfo

from queueapp.demo import Audio, ffmpeg_program, make_demo, make_video
from queueapp.demo.library import ASIDE_FILMS, EPISODES, FILMS
from queueapp.errors import ConfigError


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_video_is_playable_and_has_its_audio_tracks(tmp_path, suffix):
    tracks = [Audio("ger", "Deutsch", default=True), Audio("eng", "Commentary", channels=1)]
    path = make_video(tmp_path / f"film{suffix}", 1, tracks)
    found = MediaInfo.parse(path).audio_tracks
    assert [(track.language, track.default) for track in found] == [("de", "Yes"), ("en", "No")]
    assert [track.title for track in found] == ["Deutsch", "Commentary"]
    played = subprocess.run(
        [ffmpeg_program(), "-v", "error", "-i", str(path), "-f", "null", "-"], capture_output=True
    )
    assert (played.returncode, played.stderr) == (0, b"")


def test_a_file_of_the_same_make_is_encoded_once(tmp_path):
    made = [make_video(tmp_path / name / "a b.mkv", cache=tmp_path / "made") for name in ("one", "two")]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert len(list((tmp_path / "made").iterdir())) == 1
    assert made[0].stat().st_ino != made[1].stat().st_ino


def test_an_existing_file_is_left_as_it_is(tmp_path):
    path = tmp_path / "film.mkv"
    path.write_text("mine")
    make_video(path)
    assert path.read_text() == "mine"


def test_what_ffmpeg_cannot_make_is_said_and_leaves_nothing(tmp_path):
    with pytest.raises(ConfigError, match=r"could not make film\.mkv"):
        make_video(tmp_path / "film.mkv", size="nonsense")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_has_films_a_series_and_what_is_neither(tmp_path):
    made = make_demo(tmp_path)
    assert [(library.kind, library.path.name) for library in made] == [("movies", "films"), ("tv", "series")]
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    names = {str(path.relative_to(tmp_path)) for path in files}
    assert names >= {f"films/{film}" for film in (*FILMS, *ASIDE_FILMS)} | {
        f"series/{each}" for each in EPISODES
    }
    make_demo(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in files} == files
