from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.errors import Permanent
from queueapp.media import paths
from queueapp.models.library import LibraryFolder
from queueapp.models.media import IdsSource, MatchState, Media, MediaKind, MediaStatus
from tests.integration.media.conftest import FILMS
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary


def change(runtime: Runtime, name: str, /, **values: object) -> None:
    """Change columns of the title named."""
    with runtime.transaction() as session:
        session.execute(sa.update(Media).where(Media.title == name).values(**values))


def test_every_title_is_recorded_and_chained_on(films: ScannedLibrary) -> None:
    running = films.scan()
    assert running.result["new"] == 6
    assert running.chained == [
        "Alien (1979)", "Brazil (1985)", "Heat (1995)", "M (1931)", "Ran (1985)", "Rio Bravo (1959)",
    ]  # fmt: skip
    assert {one.type for one in running.items} == {"analyze"}
    assert running.items[0].subject == running.items[0].title
    assert running.fractions == sorted(running.fractions)


def test_an_unchanged_library_is_left_alone(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    before = [(one.id, one.updated_at) for one in films.titles()]
    running = films.scan()
    assert running.items == []
    assert running.result["new"] == running.result["changed"] == running.result["gone"] == 0
    assert [(one.id, one.updated_at) for one in films.titles()] == before


def test_a_title_whose_chain_was_cut_short_is_chained_on_again(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    change(films.runtime, "Heat", published_fingerprint=None)
    assert films.scan().chained == ["Heat (1995)"]


def test_a_title_that_failed_for_good_waits_for_other_files(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    change(films.runtime, "Heat", published_fingerprint=None, failed_fingerprint=Media.fingerprint)
    assert films.scan().chained == []
    (films.folder / "Heat (1995)/Heat (1995).mkv").write_bytes(b"a better copy")
    assert films.scan().chained == ["Heat (1995)"]


@pytest.mark.parametrize(
    "act",
    [
        lambda root: (root / "Heat (1995)/Heat (1995).mkv").write_bytes(b"other bytes"),
        lambda root: plant(root, ["Heat (1995)/Heat (1995).en.srt"]),
        lambda root: plant(root, ["Heat (1995)/movie.nfo"]),
        lambda root: (root / "Heat (1995)/Heat (1995).mkv").rename(root / "Heat (1995)/Heat.1995.mkv"),
        lambda root: (root / "Heat (1995)").rename(root / "Heat (1995) {tmdb-949}"),
    ],
    ids=["video", "subtitle", "nfo", "file renamed", "folder renamed"],
)
def test_only_what_changed_is_chained_on(films: ScannedLibrary, act: Callable[[Path], object]) -> None:
    films.scan()
    films.publish_all()
    (before,) = [one.id for one in films.titles() if one.title == "Heat"]
    act(films.folder)
    assert films.scan().chained == ["Heat (1995)"]
    assert [one.id for one in films.titles() if one.title == "Heat"] == [before]
    assert len(films.titles()) == 6


def test_artwork_and_our_own_nfo_change_nothing(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    nfo = films.folder / "Heat (1995)/movie.nfo"
    plant(films.folder, ["Heat (1995)/poster.jpg", "Heat (1995)/movie.nfo"])
    stat = nfo.stat()
    change(films.runtime, "Heat", published_files={str(nfo): [stat.st_size, stat.st_mtime_ns]})
    assert films.scan().items == []
    nfo.write_text("<movie><title>Mine</title></movie>")
    assert films.scan().chained == ["Heat (1995)"]


def test_our_own_nfo_that_was_deleted_is_written_again(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    nfo = films.folder / "Heat (1995)/movie.nfo"
    nfo.write_text("ours")
    stat = nfo.stat()
    change(films.runtime, "Heat", published_files={str(nfo): [stat.st_size, stat.st_mtime_ns]})
    films.scan()
    nfo.unlink()
    assert films.scan().chained == ["Heat (1995)"]


def test_a_nfo_of_the_user_that_publish_took_over_is_not_chained_on_again(films: ScannedLibrary) -> None:
    nfo = films.folder / "Heat (1995)/movie.nfo"
    nfo.write_text("<movie><uniqueid type='tmdb'>949</uniqueid></movie>")
    films.scan()
    films.publish_all()
    nfo.write_text("<movie><uniqueid type='tmdb'>949</uniqueid><title>Heat</title></movie>")
    stat = nfo.stat()
    change(films.runtime, "Heat", published_files={str(nfo): [stat.st_size, stat.st_mtime_ns]})
    assert films.scan().items == []


def test_a_deleted_film_is_marked_gone_and_comes_back_whole(films: ScannedLibrary, tmp_path: Path) -> None:
    films.scan()
    films.publish_all()
    (films.folder / "Heat (1995)").rename(tmp_path / "away")
    running = films.scan()
    assert running.result["gone"] == 1
    assert films.films(MediaStatus.GONE) == [("Heat", 1995)]
    (tmp_path / "away").rename(films.folder / "Heat (1995)")
    assert films.scan().result["changed"] == 1
    assert len(films.films()) == 6
    assert films.films(MediaStatus.GONE) == []


def test_more_than_a_fifth_gone_at_once_fails_and_marks_nothing(films: ScannedLibrary) -> None:
    films.scan()
    for name in ("Heat (1995)", "M (1931)"):
        shutil.rmtree(films.folder / name)
    with pytest.raises(Permanent, match="2 of 6 titles are gone at once"):
        films.scan()
    assert len(films.films()) == 6
    assert films.scan(accept_gone=True).result["gone"] == 2
    assert len(films.films()) == 4


@pytest.mark.parametrize("how", ["missing", "empty", "hidden", "a file"])
def test_an_unfit_root_fails_and_marks_nothing(films: ScannedLibrary, tmp_path: Path, how: str) -> None:
    films.scan()
    if how == "hidden":
        (films.folder / ".nomedia").touch()
    else:
        films.folder.rename(tmp_path / "away")
    if how == "empty":
        films.folder.mkdir()
    if how == "a file":
        films.folder.touch()
    with pytest.raises(Permanent, match=r"disk mounted|not a folder"):
        films.scan()
    assert len(films.films()) == 6


def test_an_unreadable_root_fails_and_marks_nothing(
    films: ScannedLibrary, refuse_to_list: Callable[[Path], None]
) -> None:
    films.scan()
    refuse_to_list(films.folder)
    with pytest.raises(Permanent, match="cannot be read: permission denied"):
        films.scan()
    assert len(films.films()) == 6


def test_titles_in_an_unreadable_folder_stay_as_they_are(
    films: ScannedLibrary, refuse_to_list: Callable[[Path], None]
) -> None:
    films.scan()
    films.publish_all()
    refuse_to_list(films.folder / "Heat (1995)")
    running = films.scan()
    assert running.result["unreadable"] == ["Heat (1995)"]
    assert "Heat (1995)" in running.warnings[0]
    assert running.items == []
    assert len(films.films()) == 6


def test_a_moved_film_keeps_its_record(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    change(films.runtime, "Heat", match_state=MatchState.MATCHED, metadata_={"plot": "kept"})
    (before,) = [one for one in films.titles() if one.title == "Heat"]
    (films.folder / "Crime").mkdir()
    (films.folder / "Heat (1995)").rename(films.folder / "Crime/Heat (1995)")
    running = films.scan()
    assert (running.result["moved"], running.result["gone"], running.result["new"]) == (1, 0, 0)
    (after,) = [one for one in films.titles() if one.title == "Heat"]
    assert (after.id, after.metadata_, after.match_state) == (before.id, {"plot": "kept"}, MatchState.MATCHED)
    assert after.folder == str(films.folder / "Crime/Heat (1995)")


def test_two_films_that_changed_places_keep_their_records(films: ScannedLibrary) -> None:
    films.scan()
    ids = {one.title: one.id for one in films.titles()}
    heat, ran = films.folder / "Heat (1995)", films.folder / "Ran (1985)"
    heat.rename(films.folder / "x")
    ran.rename(heat)
    (films.folder / "x").rename(ran)
    (heat / "Ran (1985).mkv").rename(heat / "Heat (1995).mkv")
    (ran / "Heat (1995).mkv").rename(ran / "Ran (1985).mkv")
    films.scan()
    assert {one.title: one.id for one in films.titles()} == ids


def test_a_renamed_film_is_looked_for_anew_but_a_chosen_match_stays(films: ScannedLibrary) -> None:
    films.scan()
    change(films.runtime, "Heat", match_state=MatchState.MATCHED, title="Heat, bettered")
    change(films.runtime, "Ran", match_state=MatchState.MANUAL)
    (films.folder / "Heat (1995)").rename(films.folder / "Heat of the Night (1967)")
    (films.folder / "Ran (1985)").rename(films.folder / "Ran Again (1986)")
    for folder, name in (("Heat of the Night (1967)", "Heat (1995)"), ("Ran Again (1986)", "Ran (1985)")):
        (films.folder / folder / f"{name}.mkv").rename(films.folder / folder / f"{folder}.mkv")
    films.scan()
    states = {one.title: one.match_state for one in films.titles()}
    assert states["Heat of the Night"] is MatchState.NONE
    assert states["Ran Again"] is MatchState.MANUAL


def test_a_bettered_title_survives_a_changed_file(films: ScannedLibrary) -> None:
    films.scan()
    change(films.runtime, "Ran", title="乱", year=1986)
    (films.folder / "Ran (1985)/Ran (1985).mkv").write_bytes(b"another copy")
    films.scan()
    assert ("乱", 1986) in films.films()


def test_ids_come_from_the_nfo_before_the_name(films: ScannedLibrary) -> None:
    plant(films.folder, {
        "Ikiru (1952) {tmdb-1}/Ikiru (1952).mkv": b"x",
        "Tokyo Story (1953) {tmdb-2}/Tokyo Story (1953).mkv": b"y",
        "Tokyo Story (1953) {tmdb-2}/movie.nfo": b"<movie><uniqueid type='tmdb'>18148</uniqueid></movie>",
    })  # fmt: skip
    films.scan()
    found = {one.title: (one.tmdb_id, one.ids_source) for one in films.titles()}
    assert found["Ikiru"] == (1, IdsSource.NAME)
    assert found["Tokyo Story"] == (18148, IdsSource.NFO)
    assert found["Heat"] == (None, None)


def test_ids_a_person_gave_are_never_overwritten(films: ScannedLibrary) -> None:
    films.scan()
    change(films.runtime, "Heat", tmdb_id=949, ids_source=IdsSource.USER)
    (films.folder / "Heat (1995)").rename(films.folder / "Heat (1995) {tmdb-5}")
    films.scan()
    (heat,) = [one for one in films.titles() if one.title == "Heat"]
    assert (heat.tmdb_id, heat.ids_source) == (949, IdsSource.USER)


def test_a_dry_run_tells_and_writes_nothing(films: ScannedLibrary) -> None:
    films.scan()
    films.publish_all()
    shutil.rmtree(films.folder / "Heat (1995)")
    plant(films.folder, ["Ikiru (1952)/Ikiru (1952).mkv"])
    before = films.films()
    running = films.scan(dry_run=True)
    assert running.result["would_add"] == ["Ikiru (1952)"]
    assert running.result["would_mark_gone"] == ["Heat (1995)"]
    assert running.items == []
    assert films.films() == before
    assert films.scan().result["new"] == 1


def test_one_folder_of_a_library_can_be_scanned_alone(films: ScannedLibrary) -> None:
    plant(films.folder, ["Ikiru (1952)/Ikiru (1952).mkv", "Limelight (1952)/Limelight (1952).mkv"])
    running = films.scan(films.folder / "Ikiru (1952)")
    assert running.chained == ["Ikiru (1952)"]
    assert films.films() == [("Ikiru", 1952)]


def test_names_that_are_not_utf8_are_kept_byte_for_byte(films: ScannedLibrary) -> None:
    name = os.fsdecode(b"Am\xe9lie (2001)")
    plant(films.folder, [f"{name}/{name}.mkv"])
    films.scan()
    (found,) = [one for one in films.titles() if one.title == "Amélie"]
    assert found.main_path is not None
    assert paths.on_disk(found.main_path) == os.path.join(films.folder, name, f"{name}.mkv")
    films.publish_all()
    assert films.scan().items == []


def test_other_options_make_a_scan_look_again(films: ScannedLibrary) -> None:
    films.scan()
    running = films.scan(meta={"config": {"scan": {"ignorePatterns": ["Heat*/**"]}}})
    assert running.result["gone"] == 1


def test_a_scan_cut_short_before_its_end_finds_the_same_again(films: ScannedLibrary) -> None:
    films.scan()
    with films.runtime.transaction() as session:
        session.execute(sa.delete(LibraryFolder))
    assert len(films.scan().chained) == 6
    assert len(films.titles()) == len(FILMS)


def test_a_show_its_seasons_and_episodes_hang_together(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path / "tv", ["Foundation (2021)/Season 01/Foundation - S01E01.mkv",
                            "Foundation (2021)/Season 01/Foundation - S01E02E03.mkv"])  # fmt: skip
    series = ScannedLibrary(runtime, tmp_path / "tv", "tv")
    running = series.scan()
    assert running.chained == ["Foundation (2021)", "Foundation S01E01", "Foundation S01E02-E03"]
    assert {one.title: one.type for one in running.items}["Foundation (2021)"] == "enrich"
    (show,) = series.titles(MediaKind.SHOW)
    (season,) = series.titles(MediaKind.SEASON)
    first, second = series.titles(MediaKind.EPISODE)
    assert (season.parent_id, season.show_id, season.season_number) == (show.id, show.id, 1)
    assert (first.parent_id, first.show_id, first.episode_number) == (season.id, show.id, 1)
    assert second.episode_numbers == [2, 3]
    assert show.folder == str(series.folder / "Foundation (2021)")


def test_a_new_season_makes_its_show_go_on_too(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path / "tv", ["Show/Season 1/Show S01E01.mkv", "Show/Season 1/Show S01E02.mkv"])
    series = ScannedLibrary(runtime, tmp_path / "tv", "tv")
    series.scan()
    series.publish_all()
    plant(series.folder, ["Show/Season 1/Show S01E03.mkv"])
    assert series.scan().chained == ["Show S01E03"]
    series.publish_all()
    plant(series.folder, ["Show/Season 2/Show S02E01.mkv"])
    assert series.scan().chained == ["Show", "Show S02E01"]


def test_a_renamed_show_keeps_its_records(runtime: Runtime, tmp_path: Path) -> None:
    plant(tmp_path / "tv", [f"Show/Season 1/Show S01E0{n}.mkv" for n in range(1, 6)])
    series = ScannedLibrary(runtime, tmp_path / "tv", "tv")
    series.scan()
    kinds = (MediaKind.SHOW, MediaKind.SEASON, MediaKind.EPISODE)
    before = {one.id for one in series.titles(*kinds)}
    (series.folder / "Show").rename(series.folder / "Show (2001)")
    assert series.scan().result["moved"] == 5
    assert {one.id for one in series.titles(*kinds)} == before


def test_a_show_is_gone_with_its_last_episode(runtime: Runtime, tmp_path: Path) -> None:
    plant(
        tmp_path / "tv", ["Gone/Gone S01E01.mkv", *(f"Show/Season 1/Show S01E0{n}.mkv" for n in range(1, 6))]
    )
    series = ScannedLibrary(runtime, tmp_path / "tv", "tv")
    series.scan()
    shutil.rmtree(series.folder / "Gone")
    series.scan()
    assert [one.title for one in series.titles(MediaKind.SHOW)] == ["Show"]
    assert [one.title for one in series.titles(MediaKind.SHOW, status=MediaStatus.GONE)] == ["Gone"]
