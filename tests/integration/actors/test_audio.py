"""The default audio track: which one is chosen, how files are changed, and what is left alone."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.audio import Audio, perform
from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.config import Settings
from queueapp.execution.interrupts import Interrupted, Reason
from queueapp.media import paths
from queueapp.models.library import Library
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.models.player import PlayerKind
from queueapp.services.audio import audio_change
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.many_tracks import (
    FFMPEG,
    Track,
    defaults,
    dolby_vision,
    flags,
    kinds,
    make,
    needs_programs,
    rich,
    told,
)
from tests.servers.jellyfin import KEY, JellyfinServer
from tests.servers.kodi import KodiServer
from tests.waiting import eventually

pytestmark = needs_programs

GERMAN = Track("ger", "Deutsch", "default")
ENGLISH = Track("eng", "English", channels=2)
COMMENTARY = Track("eng", "Director's Commentary", channels=2)
CASES: dict[str, tuple[tuple[Track, ...], int]] = {
    "german first.mkv": ((GERMAN, ENGLISH, COMMENTARY), 1),
    "german first.mp4": ((GERMAN, ENGLISH, COMMENTARY), 1),
    "many defaults.mkv": ((GERMAN, Track("eng", "", "default"), Track("fre", "", "default")), 1),
    "many defaults.mp4": ((GERMAN, Track("eng", "", "default"), Track("fre", "", "default")), 1),
    "none default.mkv": ((Track("fre"), Track("eng"), Track("eng", "Audio Description")), 1),
    "flagged commentary.mkv": ((Track("eng", "With the director", "default+comment"), Track("eng")), 1),
    "described.mkv": (
        (Track("eng", "", "default+visual_impaired"), Track("eng"), Track("eng", "Narrated")),
        1,
    ),
    "more channels.mkv": ((Track("eng", "", "default"), Track("eng", "Surround", channels=6)), 1),
    "better codec.mkv": ((Track("eng", "", "default"), Track("eng", codec="flac")), 1),
    "original flag.mkv": ((Track("eng", "", "default", 2), Track("eng", "", "original")), 1),
    "unknown languages.mkv": (
        (Track("und"), Track("und", "", "default+comment"), Track("und", channels=2)),
        2,
    ),
}


OTHERS: dict[str, tuple[Track, ...]] = {
    "timecode.mov": (GERMAN, ENGLISH),
    "french.mp4": (GERMAN, Track("fra")),
}


class Samples:
    """The cases, each encoded when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            tracks = CASES[name][0] if name in CASES else OTHERS[name]
            make(path, *tracks, timecode=name.startswith("timecode"))
        return path


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """All cases, encoded once."""
    return Samples(tmp_path_factory.mktemp("tracks"))


@pytest.fixture
def film(samples: Samples, tmp_path: Path) -> Any:
    """Give a function that copies a case into an allowed root."""

    def copy(name: str, to: str = "") -> Path:
        target = tmp_path / "films" / (to or name)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(samples / name, target)
        os.utime(target, ns=(1_600_000_000_000_000_000, 1_600_000_000_000_000_000))
        return target

    return copy


def audio(runtime: Runtime, path: Path, acting: Acting | None = None, **more: Any) -> dict[str, Any]:
    """Perform the operation, and see that it leaves no file of its own behind."""
    acting = acting or Acting(runtime, dry_run=more.pop("dry_run", False))
    try:
        result = perform(Audio(path=str(path), **more), acting.as_context)
    finally:
        assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []
    assert result is not None
    return result


def with_audio(runtime: Runtime, **changes: Any) -> Runtime:
    """Other settings for what follows."""
    settings = runtime.settings.model_copy(
        update={"audio": runtime.settings.audio.model_copy(update=changes)}
    )
    object.__setattr__(runtime, "settings", settings)
    return runtime


@pytest.mark.parametrize("name", CASES)
def test_the_right_track_becomes_the_only_default(name: str, runtime: Runtime, film: Any) -> None:
    path, target = film(name), CASES[name][1]
    before = kinds(path)
    result = audio(runtime, path)
    assert defaults(path) == [target]
    assert kinds(path) == before
    assert result["track"] == target + 1
    assert result["message"] == f"Set default audio track to '{result['language']}'"


@pytest.mark.parametrize("name", ["german first.mkv", "german first.mp4"])
def test_a_second_run_changes_nothing(name: str, runtime: Runtime, film: Any) -> None:
    path = film(name)
    audio(runtime, path)
    before = (path.read_bytes(), path.stat())
    with pytest.raises(errors.Skip, match="already_correct") as skipped:
        audio(runtime, path)
    assert skipped.value.details["reason"] == "already_correct"
    assert (path.read_bytes(), path.stat()) == before


@pytest.mark.parametrize("name", ["german first.mkv", "german first.mp4"])
def test_a_dry_run_shows_the_plan_and_changes_nothing(name: str, runtime: Runtime, film: Any) -> None:
    path = film(name)
    before = (path.read_bytes(), path.stat())
    result = audio(runtime, path, dry_run=True)
    assert (path.read_bytes(), path.stat()) == before
    assert [(one["before"], one["after"]) for one in result["tracks"]] == [
        (["default"], []),
        ([], ["default"]),
        ([], []),
    ]
    assert result["command"][0] in ("mkvpropedit", "ffmpeg")
    assert result["would_change"]


def test_owner_mode_and_time_stay(runtime: Runtime, film: Any) -> None:
    for name in ("german first.mkv", "german first.mp4"):
        path = film(name)
        path.chmod(0o640)
        before = path.stat()
        audio(runtime, path)
        after = path.stat()
        assert stat.S_IMODE(after.st_mode) == 0o640
        assert (after.st_mtime_ns, after.st_uid, after.st_gid) == (
            before.st_mtime_ns,
            before.st_uid,
            before.st_gid,
        )


def test_the_time_of_a_changed_file_can_be_that_of_the_change(runtime: Runtime, film: Any) -> None:
    path = film("german first.mp4")
    before = path.stat().st_mtime_ns
    audio(with_audio(runtime, keep_mtime=False), path)
    assert path.stat().st_mtime_ns > before


def test_other_flags_are_kept(runtime: Runtime, samples: Samples, tmp_path: Path) -> None:
    for suffix in (".mkv", ".mp4"):
        path = make(
            tmp_path / f"film{suffix}", Track("ger", "", "default+forced"), Track("eng", "", "original")
        )
        audio(runtime, path)
        assert "default" not in flags(path, 0)
        assert "default" in flags(path, 1)
        if suffix == ".mkv":
            assert (flags(path, 0), flags(path, 1)) == ({"forced"}, {"default", "original"})


@pytest.mark.parametrize("spelling", ["fre", "fra", "fr"])
def test_a_language_may_be_spelt_in_any_way(spelling: str, runtime: Runtime, film: Any) -> None:
    path = film("french.mp4")
    assert audio(runtime, path, languages=[spelling])["language"] == "fre"
    assert defaults(path) == [1]


def test_nothing_changes_when_no_track_is_in_a_wanted_language(runtime: Runtime, film: Any) -> None:
    path = film("german first.mkv")
    with pytest.raises(errors.Skip, match="no audio track is in spa") as skipped:
        audio(runtime, path, languages=["spa"])
    assert skipped.value.details["reason"] == "no_matching_track"


def test_tracks_without_a_language_can_be_taken_for_one(runtime: Runtime, tmp_path: Path) -> None:
    path = make(tmp_path / "film.mkv", GERMAN, Track("und"))
    with pytest.raises(errors.Skip, match="no audio track is in eng"):
        audio(runtime, path)
    audio(runtime, path, assumed_language="eng")
    assert defaults(path) == [1]


def test_a_file_without_sound_is_skipped(runtime: Runtime, tmp_path: Path) -> None:
    path = make(tmp_path / "silent.mkv")
    with pytest.raises(errors.Skip) as skipped:
        audio(runtime, path)
    assert skipped.value.details["reason"] == "no_audio"


def test_another_kind_of_file_is_skipped(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    path.write_bytes(b"RIFF0000AVI LIST")
    with pytest.raises(errors.Skip, match=r"\.avi is no container") as skipped:
        audio(runtime, path)
    assert skipped.value.details["reason"] == "unsupported_container"


@pytest.mark.parametrize("name", ["german first.mkv", "german first.mp4"])
def test_a_file_with_other_hard_links_is_left_alone(
    name: str, runtime: Runtime, film: Any, tmp_path: Path
) -> None:
    path = film(name)
    seeding = tmp_path / "seeding"
    os.link(path, seeding)
    before = seeding.read_bytes()
    with pytest.raises(errors.Skip) as skipped:
        audio(runtime, path)
    assert skipped.value.details["reason"] == "hard_linked"
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["german first.mkv", "german first.mp4"])
def test_a_file_with_other_hard_links_can_be_copied(
    name: str, runtime: Runtime, film: Any, tmp_path: Path
) -> None:
    path = film(name)
    seeding = tmp_path / "seeding"
    os.link(path, seeding)
    before = seeding.read_bytes()
    audio(with_audio(runtime, hard_links="copy"), path)
    assert seeding.read_bytes() == before
    assert path.stat().st_ino != seeding.stat().st_ino
    assert defaults(path) == [1]


@pytest.mark.parametrize("name", ["german first.mkv", "german first.mp4"])
def test_a_read_only_file_is_refused(name: str, runtime: Runtime, film: Any) -> None:
    path = film(name)
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(errors.Permanent, match="is read-only"):
        audio(runtime, path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused(runtime: Runtime, film: Any, tmp_path: Path) -> None:
    for name in ("german first.mkv", "german first.mp4"):
        path = film(name)
        whole = path.read_bytes()
        for damaged in (whole[: len(whole) * 2 // 3], b"\0" * 5000, b""):
            path.write_bytes(damaged)
            with pytest.raises(errors.Permanent, match=r"damaged|empty"):
                audio(runtime, path)
            assert path.read_bytes() == damaged


def test_a_remux_needs_space(runtime: Runtime, film: Any) -> None:
    path = film("german first.mp4")
    before = path.read_bytes()
    with pytest.raises(errors.Permanent, match="not enough space"):
        audio(with_audio(runtime, reserve_mb=10**9), path)
    assert path.read_bytes() == before


def test_a_timecode_does_not_hinder_a_remux(runtime: Runtime, film: Any) -> None:
    path = film("timecode.mov")
    audio(runtime, path)
    assert defaults(path) == [1]
    assert [kind for kind in kinds(path) if kind != "data"] == ["video", "audio", "audio"]


def test_a_remux_keeps_all_else(runtime: Runtime, tmp_path: Path) -> None:
    path = rich(tmp_path / "films" / "rich.mp4")
    before = told(path)
    assert len(before["chapters"]) == 2
    assert audio(runtime, path)["dropped"] == []
    assert defaults(path) == [1]
    assert told(path) == before
    boxes = path.read_bytes()
    assert boxes.index(b"moov") < boxes.index(b"mdat")


def test_a_remux_keeps_dolby_vision(runtime: Runtime, tmp_path: Path) -> None:
    path = dolby_vision(tmp_path / "films" / "dolby.mp4")
    (record,) = told(path)["streams"][0]["side_data_list"]
    assert record["dv_profile"] == 8
    audio(runtime, path)
    assert defaults(path) == [1]
    assert told(path)["streams"][0]["side_data_list"] == [record]


def test_tags_that_a_remux_cannot_keep_are_told(runtime: Runtime, film: Any, tmp_path: Path) -> None:
    path = film("german first.mp4")
    own = ["-movflags", "use_metadata_tags", "-metadata", "shelf=7"]
    told_more = path.with_name("more.mp4")
    subprocess.run(
        [FFMPEG, "-v", "error", "-i", str(path), "-map", "0", "-c", "copy", *own, str(told_more)], check=True
    )
    assert audio(runtime, told_more)["dropped"] == ["the tag shelf"]


def test_names_in_any_script_and_any_bytes_work(runtime: Runtime, film: Any) -> None:
    for name in ("german first.mkv", "german first.mp4"):
        suffix = Path(name).suffix
        for to in (
            f"Броненосец Потёмкин{suffix}",
            f"- $(x) 'a' \"b\" %d{suffix}",
            os.fsdecode(b"caf\xe9") + suffix,
        ):
            path = film(name, to)
            acting = Acting(runtime)
            perform(Audio(path=paths.stored(str(path))), acting.as_context)
            assert sorted(one.suffix for one in path.parent.iterdir() if one.name.startswith(".")) == []
            assert defaults(path) == [1]


def test_a_path_outside_every_root_is_refused(runtime: Runtime, samples: Samples, tmp_path: Path) -> None:
    with pytest.raises(errors.PathRefused):
        audio(runtime, samples / "german first.mkv")
    link = tmp_path / "link.mkv"
    link.symlink_to(samples / "german first.mkv")
    with pytest.raises(errors.PathRefused):
        audio(runtime, link)


def test_a_vanished_file_is_a_clear_error(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(errors.Permanent, match="is not there"):
        audio(runtime, tmp_path / "gone.mkv")


def test_a_missing_program_is_a_clear_error(
    runtime: Runtime, film: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film("german first.mkv")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(errors.Permanent, match="install the package mkvtoolnix"):
        audio(runtime, path)


def test_a_cancel_amid_a_remux_leaves_the_original_and_no_other_file(
    runtime: Runtime, film: Any, tmp_path: Path
) -> None:
    path = film("german first.mp4")
    before = (path.read_bytes(), path.stat())
    acting, stopped = Acting(slow_ffmpeg(runtime, tmp_path)), []

    def work() -> None:
        try:
            acting.interrupts.run(lambda: perform(Audio(path=str(path)), acting.as_context))
        except Interrupted:
            stopped.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    note = tmp_path / "pid"
    eventually(lambda: note.exists() and note.read_text().strip(), what="the slow ffmpeg")
    acting.interrupts.request(Reason.CANCELED)
    thread.join(10)
    assert stopped == [True]
    assert list(path.parent.iterdir()) == [path]
    assert (path.read_bytes(), path.stat()) == before
    eventually(lambda: not Path(f"/proc/{note.read_text().strip()}").exists(), what="the end of ffmpeg")


def test_leftovers_of_a_crash_go_with_the_next_attempt(runtime: Runtime, film: Any, tmp_path: Path) -> None:
    path = film("german first.mp4")
    broken = slow_ffmpeg(runtime, tmp_path)
    made: list[Path] = []
    with audio_change._temporary(path) as temporary:
        made.append(temporary)
    made[0].write_bytes(b"left by kill -9")
    object.__setattr__(broken, "settings", runtime.settings)
    monkey = runtime.settings.model_copy(
        update={"tools": runtime.settings.tools.model_copy(update={"ffmpeg": None})}
    )
    object.__setattr__(runtime, "settings", monkey)
    audio(runtime, path)
    assert not made[0].exists()


def slow_ffmpeg(runtime: Runtime, folder: Path) -> Runtime:
    """An ffmpeg that never comes to an end, with a child of its own, once it has begun to write."""
    script = folder / "ffmpeg"
    script.write_text(
        f'#!/bin/sh\nfor last; do :; done\necho begun > "$last"\necho $$ > {folder}/pid\nsleep 600\n'
    )
    script.chmod(0o755)
    tools = runtime.settings.tools.model_copy(
        update={"ffmpeg": str(script), "ffprobe": shutil.which("ffprobe")}
    )
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update={"tools": tools}))
    return runtime


def lying_mkvpropedit(runtime: Runtime, folder: Path, script: str) -> Runtime:
    """An mkvpropedit that does something else."""
    program = folder / "mkvpropedit"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    tools = runtime.settings.tools.model_copy(
        update={"mkvpropedit": str(program), "mkvmerge": shutil.which("mkvmerge")}
    )
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update={"tools": tools}))
    return runtime


def test_warnings_of_mkvpropedit_are_no_failure(runtime: Runtime, film: Any, tmp_path: Path) -> None:
    path = film("german first.mkv")
    audio(lying_mkvpropedit(runtime, tmp_path, f'{shutil.which("mkvpropedit")} "$@"; exit 1'), path)
    assert defaults(path) == [1]


def test_a_change_that_is_not_right_is_put_back(runtime: Runtime, film: Any, tmp_path: Path) -> None:
    path = film("german first.mkv")
    real = shutil.which("mkvpropedit")
    # The first call does half of what it is told, the second (which puts back) all of it.
    note = tmp_path / "called"
    all_of_it, half = f'exec {real} "$@"', f'exec {real} "$1" $2 $3 $4 $5'
    script = f"if [ -e {note} ]; then {all_of_it}; fi; touch {note}; {half}"
    with pytest.raises(errors.Permanent, match="the flags are as they were"):
        audio(lying_mkvpropedit(runtime, tmp_path, script), path)
    assert defaults(path) == [0]


def test_a_failing_mkvpropedit_tells_why(runtime: Runtime, film: Any, tmp_path: Path) -> None:
    path = film("german first.mkv")
    with pytest.raises(errors.Permanent, match="mkvpropedit failed: no such track"):
        audio(lying_mkvpropedit(runtime, tmp_path, "echo no such track; exit 2"), path)
    assert defaults(path) == [0]


def on_record(shelf: Shelf, media_id: int, source: Path) -> Path:
    """Put a real video where a title's is."""
    path = Path(shelf.media(media_id).main_path or "")
    shutil.copyfile(source, path)
    with shelf.runtime.transaction() as session:
        session.add(
            MediaFile(
                media_id=media_id, role=FileRole.MAIN, path=str(path), size_bytes=1, mtime_ns=1, inode=1
            )
        )
    return path


def test_the_language_a_film_was_made_in_comes_first(offline_shelf: Shelf, samples: Samples) -> None:
    film = offline_shelf.film("Nosferatu", 1922, metadata_={"kind": "movie", "original_language": "de"})
    path = on_record(offline_shelf, film, samples / "none default.mkv")
    make_german = make(path, Track("eng", "", "default"), Track("deu"))
    assert audio(offline_shelf.runtime, make_german)["language"] == "ger"
    streams = offline_shelf.media(film).streams or {}
    assert [one["default"] for one in streams["audio"]] == [False, True]


def test_an_episode_is_in_the_language_of_its_series(offline_shelf: Shelf, samples: Samples) -> None:
    show = offline_shelf.show("Dark", metadata_={"kind": "show", "original_language": "de"})
    season = offline_shelf.season(show, 1)
    episode = offline_shelf.episode(show, season, [1])
    path = on_record(offline_shelf, episode, samples / "none default.mkv")
    make(path, Track("eng", "", "default"), Track("ger"))
    assert audio(offline_shelf.runtime, path)["language"] == "ger"


def test_a_library_may_have_rules_of_its_own(offline_shelf: Shelf, samples: Samples) -> None:
    with offline_shelf.runtime.transaction() as session:
        library = session.get_one(Library, offline_shelf.library_id)
        library.options = {"audio": {"languages": ["fre"], "excluded_titles": ""}}
    path = offline_shelf.root / "film.mkv"
    shutil.copyfile(samples / "many defaults.mkv", path)
    assert audio(offline_shelf.runtime, path)["language"] == "fre"
    assert defaults(path) == [2]


def test_settings_with_a_bad_expression_are_refused(settings: Settings) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        settings.audio.__class__(excluded_titles="(")


@pytest.fixture
def kodi(runtime: Runtime) -> Iterator[KodiServer]:
    """A Kodi that sees the films as on a share."""
    films = runtime.settings.paths.allowed_roots[0] / "films"
    with KodiServer() as server:
        seen = [{"ours": str(films), "theirs": "smb://nas/films/"}]
        _add_player(runtime, NewPlayer(name="Room", kind=PlayerKind.KODI, url=server.url, path_mappings=seen))
        yield server


@pytest.fixture
def jellyfin(runtime: Runtime) -> Iterator[JellyfinServer]:
    with JellyfinServer() as server:
        _add_player(runtime, NewPlayer(name="Server", kind=PlayerKind.JELLYFIN, url=server.url, secret=KEY))
        yield server


def _add_player(runtime: Runtime, new: NewPlayer) -> None:
    with runtime.transaction() as session:
        players.add_player(session, new)


def test_a_file_that_a_player_shows_is_left_alone(
    runtime: Runtime, film: Any, kodi: KodiServer, jellyfin: JellyfinServer
) -> None:
    path = film("german first.mkv")
    with_audio(runtime, skip_playing=True)
    kodi.playing = [("audio", "smb://nas/music/a.mp3"), ("video", "smb://nas/films/german first.mkv")]
    with pytest.raises(errors.Skip, match="Room shows it at the moment") as skipped:
        audio(runtime, path)
    assert skipped.value.details["reason"] == "being_played"
    kodi.playing, jellyfin.playing = [("video", "smb://nas/films/other.mkv")], [str(path)]
    with pytest.raises(errors.Skip, match="Server shows it"):
        audio(runtime, path)
    assert defaults(path) == [0]
    jellyfin.playing = []
    audio(runtime, path)
    assert defaults(path) == [1]


def test_players_are_asked_only_when_that_is_wanted(runtime: Runtime, film: Any, kodi: KodiServer) -> None:
    path = film("german first.mkv")
    kodi.playing = [("video", "smb://nas/films/german first.mkv")]
    audio(runtime, path)
    assert (defaults(path), kodi.requests) == ([1], [])


def test_a_player_that_does_not_answer_holds_up_nothing(runtime: Runtime, film: Any) -> None:
    _add_player(runtime, NewPlayer(name="Off", kind=PlayerKind.KODI, url="http://127.0.0.1:1"))
    path, acting = film("german first.mkv"), Acting(runtime)
    audio(with_audio(runtime, skip_playing=True), path, acting)
    assert defaults(path) == [1]
    assert "whether it is being played is not known: Off: cannot connect" in str(acting.lines)
