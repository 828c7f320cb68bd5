"""Renames of real files: what goes along, what is refused, and what is on record afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from queueapp import errors
from queueapp.models.journal import JournalState
from queueapp.models.media import Media, MediaKind
from queueapp.models.media_file import MediaFile
from queueapp.services.title import changed_titles
from tests.integration.rename.conftest import Renaming

Make = Callable[..., Renaming]

FILM = [
    "heat.1995.1080p-GRP/heat.1080p.mkv", "heat.1995.1080p-GRP/heat.1080p.nfo",
    "heat.1995.1080p-GRP/heat.1080p.de.forced.srt", "heat.1995.1080p-GRP/heat.1080p-poster.jpg",
    "heat.1995.1080p-GRP/heat.1080p-trailer.mp4", "heat.1995.1080p-GRP/Subs/heat.1080p.en.srt",
    "heat.1995.1080p-GRP/fanart.jpg", "heat.1995.1080p-GRP/Extras/Making of.mkv",
    "heat.1995.1080p-GRP/.actors/Al_Pacino.jpg",
]  # fmt: skip
SERIES = [
    "Foundation.S01.1080p/Foundation.s01e01.mkv", "Foundation.S01.1080p/Foundation.s01e01.nfo",
    "Foundation.S01.1080p/Foundation.s01e01-thumb.jpg", "Foundation.S01.1080p/Foundation.s01e02e03.mkv",
]  # fmt: skip


def test_a_film_takes_all_that_belongs_to_it_along(make_library: Make) -> None:
    made = make_library(FILM)
    film = made.title(MediaKind.MOVIE)
    result = made.rename(film.id)
    assert made.names() == [
        "heat (1995)/.actors/Al_Pacino.jpg", "heat (1995)/Extras/Making of.mkv", "heat (1995)/Subs/heat (1995).en.srt",
        "heat (1995)/fanart.jpg", "heat (1995)/heat (1995)-poster.jpg", "heat (1995)/heat (1995)-trailer.mp4",
        "heat (1995)/heat (1995).de.forced.srt", "heat (1995)/heat (1995).mkv", "heat (1995)/heat (1995).nfo",
    ]  # fmt: skip
    assert result["total_files"] == 9
    assert [one["after"] for one in result["folders"]] == [str(made.root / "heat (1995)")]


def test_a_dry_run_gives_the_plan_and_changes_nothing(make_library: Make) -> None:
    made = make_library(FILM)
    before = made.tree()
    result = made.rename(made.title(MediaKind.MOVIE).id, dry_run=True)
    assert made.tree() == before
    assert made.journals() == []
    moved = {one["before"]: one["after"] for one in result["files"]}
    assert moved[str(made.root / FILM[0])] == str(made.root / "heat (1995)/heat (1995).mkv")
    assert len(moved) == 9


def test_a_scan_afterwards_finds_nothing_new(make_library: Make) -> None:
    made = make_library(FILM)
    film = made.title(MediaKind.MOVIE)
    with made.runtime.transaction() as session:
        session.execute(sa.update(Media).values(title="Heat", year=1995))
    made.rename(film.id)
    scan = made.scan()
    assert (scan.items, scan.result["new"], scan.result["changed"], scan.result["moved"]) == ([], 0, 0, 0)
    now = made.title(MediaKind.MOVIE)
    assert (now.id, now.title, now.match_state) == (film.id, "Heat", "matched")
    assert now.main_path == str(made.root / "Heat (1995)/Heat (1995).mkv")
    assert now.fingerprint == now.published_fingerprint == now.analyzed_fingerprint
    with made.runtime.transaction() as session:
        paths = set(session.scalars(sa.select(MediaFile.path)))
    assert all(path.startswith(str(made.root / "Heat (1995)")) for path in paths)


def test_what_publish_wrote_is_still_known_as_ours(make_library: Make) -> None:
    made = make_library(FILM)
    nfo = made.root / "heat.1995.1080p-GRP/heat.1080p.nfo"
    stamp = [nfo.stat().st_size, nfo.stat().st_mtime_ns]
    made.finish_chain(published_files={str(nfo): stamp})
    made.scan()
    made.finish_chain()
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.title(MediaKind.MOVIE).published_files == {
        str(made.root / "heat (1995)/heat (1995).nfo"): stamp
    }
    assert made.scan().items == []


def test_a_second_run_changes_nothing(make_library: Make) -> None:
    made = make_library(FILM)
    made.rename(made.title(MediaKind.MOVIE).id)
    before = made.tree()
    with pytest.raises(errors.Skip, match="named so already"):
        made.rename(made.title(MediaKind.MOVIE).id)
    assert made.tree() == before


def test_a_series_gets_folders_for_its_seasons(make_library: Make) -> None:
    made = make_library([*SERIES, "Foundation.S01.1080p/Sample/x.mkv"], "tv")
    show = made.title(MediaKind.SHOW)
    made.rename(show.id)
    assert made.names() == [
        "Foundation/Season 01/Foundation - S01E01 - Episode 1-thumb.jpg",
        "Foundation/Season 01/Foundation - S01E01 - Episode 1.mkv",
        "Foundation/Season 01/Foundation - S01E01 - Episode 1.nfo",
        "Foundation/Season 01/Foundation - S01E02-E03 - Episode 2-3.mkv",
        "Foundation/Season 01/Sample/x.mkv",
    ]
    scan = made.scan()
    assert (scan.items, scan.result["new"], scan.result["gone"]) == ([], 0, 0)
    assert {one.id for one in made.library.titles(MediaKind.SHOW)} == {show.id}


def test_a_series_in_one_folder_is_sorted_into_seasons_and_keeps_what_is_its_own(make_library: Make) -> None:
    made = make_library(
        ["Foundation/tvshow.nfo", "Foundation/season01-poster.jpg", "Foundation/Foundation S01E01.mkv",
         "Foundation/Foundation S02E01.mkv", "Foundation/Foundation S02E01.en.srt", "Foundation/Staffel 3/f 3x01.mkv",
         "Foundation/Specials/Foundation S00E01.mkv"],
        "tv",
    )  # fmt: skip
    made.finish_chain(year=None)
    made.rename(made.title(MediaKind.SHOW).id)
    assert made.names() == [
        "Foundation/Season 00/Foundation - S00E01 - Episode 1.mkv",
        "Foundation/Season 01/Foundation - S01E01 - Episode 1.mkv",
        "Foundation/Season 02/Foundation - S02E01 - Episode 1.en.srt",
        "Foundation/Season 02/Foundation - S02E01 - Episode 1.mkv",
        "Foundation/Season 03/Foundation - S03E01 - Episode 1.mkv",
        "Foundation/season01-poster.jpg",
        "Foundation/tvshow.nfo",
    ]
    assert sorted(path.name for path in (made.root / "Foundation").iterdir() if path.is_dir()) == [
        "Season 00", "Season 01", "Season 02", "Season 03",
    ]  # fmt: skip
    assert made.scan().items == []


def test_one_episode_is_renamed_within_its_series(make_library: Make) -> None:
    made = make_library(["Foundation/s01e01.mkv", "Foundation/s01e02.mkv"], "tv")
    episode = made.title(MediaKind.EPISODE)
    made.rename(episode.id)
    assert made.names() == [
        "Foundation/Season 01/Foundation - S01E01 - Episode 1.mkv",
        "Foundation/s01e02.mkv",
    ]
    assert made.scan().items == []


def test_parts_and_versions_of_a_film_stay_apart(make_library: Make) -> None:
    made = make_library({
        "Ben-Hur/Ben-Hur.1959.cd1.avi": b"one", "Ben-Hur/Ben-Hur.1959.cd2.avi": b"two",
        "Ben-Hur/Ben-Hur.1959.cd1.srt": b"s",
    })  # fmt: skip
    made.rename(made.title(MediaKind.MOVIE).id)
    assert [one.partition("/")[2] for one in made.names()] == [
        "Ben-Hur (1959) - cd1.avi", "Ben-Hur (1959) - cd1.srt", "Ben-Hur (1959) - cd2.avi",
    ]  # fmt: skip
    assert made.scan().items == []


def test_versions_are_told_apart(make_library: Make) -> None:
    made = make_library({
        "Heat (1995)/heat.1995.2160p.mkv": b"larger", "Heat (1995)/heat.1995.1080p.mkv": b"small",
    })  # fmt: skip
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.names() == ["Heat (1995)/Heat (1995) - 1080p.mkv", "Heat (1995)/Heat (1995).mkv"]
    assert made.scan().items == []


def test_films_of_one_folder_get_folders_of_their_own(make_library: Make) -> None:
    made = make_library(
        ["Classics/Sunrise (1927).mkv", "Classics/Sunrise (1927).nfo", "Classics/Faust (1926).mkv"]
    )
    made.rename(made.title(MediaKind.MOVIE, "Sunrise").id)
    assert made.names() == [
        "Classics/Faust (1926).mkv", "Sunrise (1927)/Sunrise (1927).mkv", "Sunrise (1927)/Sunrise (1927).nfo",
    ]  # fmt: skip
    made.rename(made.title(MediaKind.MOVIE, "Faust").id, task_id=8)
    assert not (made.root / "Classics").exists()
    assert made.scan().items == []


def test_a_place_that_is_taken_is_refused_and_nothing_is_changed(make_library: Make) -> None:
    made = make_library(["heat.1995.1080p-GRP/heat.mkv", "HEAT (1995)/notes.pdf"])
    before = made.tree()
    with pytest.raises(errors.Permanent, match="stands there already"):
        made.rename(made.title(MediaKind.MOVIE).id)
    assert made.tree() == before
    assert made.journals() == []


def test_a_template_that_fits_no_title_is_refused(make_library: Make) -> None:
    made = make_library(SERIES, "tv")
    with pytest.raises(errors.Permanent, match="by which no scan would find it again"):
        made.rename(made.title(MediaKind.SHOW).id, template="{show}/S{episode:02}E{season:02}.{ext}")


def test_a_template_may_be_given(make_library: Make) -> None:
    made = make_library(FILM[:1])
    made.rename(
        made.title(MediaKind.MOVIE).id, template="{first_letter}/{title} ({year})/{title}< [{edition}]>.{ext}"
    )
    assert made.names() == ["H/heat (1995)/heat.mkv"]
    assert made.scan().items == []


def test_a_record_that_is_gone_gives_way(make_library: Make) -> None:
    made = make_library(["heat (1995)/old.mkv", *[f"filler {n} (200{n})/x.mkv" for n in range(8)]])
    (made.root / "heat (1995)/old.mkv").unlink()
    made.library.scan(accept_gone=True)
    (made.root / "heat (1995)").rmdir()
    (made.root / "heat.1995.1080p").mkdir()
    (made.root / "heat.1995.1080p/heat.1995.mkv").write_bytes(b"another")
    made.scan()
    made.finish_chain()
    film = next(one for one in made.library.titles() if one.folder.endswith("1080p"))
    made.rename(film.id)
    assert made.title(MediaKind.MOVIE, film.title).id == film.id
    assert made.scan().items == []


def test_the_journal_tells_what_was_done(make_library: Make) -> None:
    made = make_library(FILM)
    made.rename(made.title(MediaKind.MOVIE).id)
    (entry,) = made.journals()
    assert (entry.state, entry.task_id, entry.label) == (JournalState.DONE, 7, "heat (1995)")


def test_a_library_is_renamed_title_by_title(make_library: Make) -> None:
    made = make_library([*FILM, "Ran.1985.mkv"])
    from actors.rename import Rename, perform
    from tests.integration.actors.acting import Acting

    context = Acting(made.runtime)
    result = perform(Rename(library_id=made.library.id), context.as_context)
    assert result is not None
    assert result["titles"] == 2
    assert [one.type for one in context.added] == ["rename", "rename"]


def test_players_are_told_of_the_old_place_and_of_the_new(make_library: Make) -> None:
    made = make_library(FILM)
    film = made.title(MediaKind.MOVIE)
    made.rename(film.id)
    with made.runtime.transaction() as session:
        told = [(one.file, one.is_gone) for one in changed_titles.of_task(session, 7)]
    assert told == [
        (str(made.root / "heat.1995.1080p-GRP/heat.1080p.mkv"), True),
        (str(made.root / "heat (1995)/heat (1995).mkv"), False),
    ]
    made.revert(made.journals()[0].id, task_id=8)
    with made.runtime.transaction() as session:
        told = [(one.file, one.is_gone) for one in changed_titles.of_task(session, 8)]
    assert [is_gone for _, is_gone in told] == [True, False]


def test_names_that_are_no_text_are_kept_as_they_are(make_library: Make) -> None:
    made = make_library(["Heat.1995.1080p/heat.1995.mkv"])
    odd = os.fsencode(made.root / "Heat.1995.1080p") + b"/extra \xff.txt"
    with open(odd, "wb") as file:
        file.write(b"odd")
    made.rename(made.title(MediaKind.MOVIE).id)
    assert b"extra \xff.txt" in os.listdir(os.fsencode(made.root / "Heat (1995)"))
    made.revert(made.journals()[0].id)
    with open(odd, "rb") as file:
        assert file.read() == b"odd"


def test_only_the_case_of_letters_may_change(make_library: Make) -> None:
    made = make_library(["heat (1995)/heat (1995).mkv"])
    made.finish_chain(title="Heat")
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.names() == ["Heat (1995)/Heat (1995).mkv"]
    assert made.scan().items == []


def test_episodes_of_two_series_in_one_folder_get_folders_of_their_own(make_library: Make) -> None:
    made = make_library(["Alpha.S01E01.mkv", "Alpha.S01E01.srt", "Beta.S02E03.mkv", "Beta.S02E03.nfo"], "tv")
    for number, name in enumerate(("Alpha", "Beta")):
        made.rename(made.title(MediaKind.SHOW, name).id, task_id=20 + number)
    assert made.names() == [
        "Alpha/Season 01/Alpha - S01E01 - Episode 1.mkv", "Alpha/Season 01/Alpha - S01E01 - Episode 1.srt",
        "Beta/Season 02/Beta - S02E03 - Episode 3.mkv", "Beta/Season 02/Beta - S02E03 - Episode 3.nfo",
    ]  # fmt: skip
    assert made.scan().items == []
    assert len(made.library.titles(MediaKind.SHOW)) == 2


def test_folders_above_that_the_rename_empties_go_too(make_library: Make) -> None:
    made = make_library(["Collections/Alien/alien.1979.1080p/alien.mkv", "Collections/Kept/notes.pdf"])
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.names() == ["Collections/Kept/notes.pdf", "alien (1979)/alien (1979).mkv"]
    assert not (made.root / "Collections/Alien").exists()


def test_a_release_folder_in_a_films_own_is_merged_into_it(make_library: Make) -> None:
    made = make_library(
        ["Heat (1995)/Heat.1995.1080p-GRP/heat.mkv", "Heat (1995)/Heat.1995.1080p-GRP/Subs/en.srt"]
    )
    before = made.tree()
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.names() == ["Heat (1995)/Heat (1995).mkv", "Heat (1995)/Subs/en.srt"]
    assert made.scan().items == []
    made.revert(made.journals()[0].id)
    assert made.tree() == before


def test_a_disc_moves_whole_and_keeps_the_names_inside(make_library: Make) -> None:
    made = make_library({"Ran.1985/BDMV/STREAM/00001.m2ts": b"film", "Ran.1985/BDMV/index.bdmv": b"index"})
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.names() == ["Ran (1985)/BDMV/STREAM/00001.m2ts", "Ran (1985)/BDMV/index.bdmv"]
    assert made.scan().items == []


def test_a_film_in_folders_of_its_parts_keeps_them(make_library: Make) -> None:
    made = make_library({"Ben-Hur.1959/CD1/a.avi": b"one", "Ben-Hur.1959/CD2/b.avi": b"two"})
    made.rename(made.title(MediaKind.MOVIE).id)
    assert made.names() == [
        "Ben-Hur (1959)/CD1/Ben-Hur (1959) - cd1.avi",
        "Ben-Hur (1959)/CD2/Ben-Hur (1959) - cd2.avi",
    ]
    assert made.scan().items == []
