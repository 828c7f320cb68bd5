from __future__ import annotations

from pathlib import Path

import pytest

from queueapp.media.classify import FileKind
from tests.media_tree import films, look, plant, titles


def test_a_film_in_its_own_folder_has_all_that_lies_beside_it(tmp_path: Path) -> None:
    plant(tmp_path, [
        "Nosferatu (1922)/Nosferatu (1922).mkv", "Nosferatu (1922)/Nosferatu (1922).de.srt",
        "Nosferatu (1922)/Subs/2_English.srt", "Nosferatu (1922)/movie.nfo", "Nosferatu (1922)/poster.jpg",
        "Nosferatu (1922)/Nosferatu (1922)-trailer.mp4", "Nosferatu (1922)/Featurettes/Restoration.mkv",
        "Nosferatu (1922)/Sample/sample.mkv",
    ])  # fmt: skip
    found = titles(tmp_path)
    assert [(one.title, one.year, one.own_folder) for one in found] == [("Nosferatu", 1922, True)]
    assert sorted(one.role for one in found[0].files) == [
        "extra", "main", "nfo", "subtitle", "subtitle", "trailer",
    ]  # fmt: skip


def test_films_that_lie_loose_in_a_folder_are_found_each(tmp_path: Path) -> None:
    plant(tmp_path, [
        "Heat (1995).mkv", "Heat (1995).en.srt", "Alien.1979.1080p.BluRay.x264-GRP.mkv",
        "Classics/Metropolis (1927).mkv", "Classics/The General (1926).mkv",
        "Classics/The General (1926).nfo",
    ])  # fmt: skip
    found = titles(tmp_path)
    assert films(tmp_path) == [("Alien", 1979), ("Heat", 1995), ("Metropolis", 1927), ("The General", 1926)]
    assert not any(one.own_folder for one in found)
    beside = {one.title: sorted(file.role for file in one.files) for one in found}
    assert beside["Heat"] == ["main", "subtitle"]
    assert beside["The General"] == ["main", "nfo"]
    assert beside["Metropolis"] == ["main"]


@pytest.mark.parametrize(
    "files",
    [
        ["Ben-Hur (1959)/Ben-Hur (1959) - cd1.avi", "Ben-Hur (1959)/Ben-Hur (1959) - cd2.avi"],
        ["Ben-Hur (1959)/CD1/ben-hur.avi", "Ben-Hur (1959)/CD2/ben-hur.avi"],
        ["Ben-Hur.1959.cd1.avi", "Ben-Hur.1959.cd2.avi"],
        ["Ben-Hur (1959)/Ben-Hur (1959) part 1.mkv", "Ben-Hur (1959)/Ben-Hur (1959) part 2.mkv"],
        ["Ben-Hur (1959)/Ben-Hur - part1.mkv", "Ben-Hur (1959)/Ben-Hur - part2.mkv"],
    ],
)
def test_parts_make_one_film(tmp_path: Path, files: list[str]) -> None:
    plant(tmp_path, files)
    (film,) = titles(tmp_path)
    assert (film.title, film.year) == ("Ben-Hur", 1959)
    assert [(one.role, one.part) for one in film.files] == [("main", 1), ("part", 2)]


def test_two_films_called_part_1_and_part_2_stay_two(tmp_path: Path) -> None:
    plant(tmp_path, ["Mockingjay - Part 1 (2014).mkv", "Mockingjay - Part 2 (2015).mkv"])
    assert films(tmp_path) == [("Mockingjay - Part 1", 2014), ("Mockingjay - Part 2", 2015)]


def test_several_resolutions_of_a_film_are_versions_of_one_title(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "Heat (1995)/Heat (1995) - 1080p.mkv": b"small",
            "Heat (1995)/Heat (1995) - 2160p.mkv": b"much larger",
        },
    )
    (film,) = titles(tmp_path)
    assert [(one.role, one.path[-9:]) for one in film.files] == [
        ("main", "2160p.mkv"),
        ("version", "1080p.mkv"),
    ]


def test_a_making_of_beside_the_film_is_an_extra(tmp_path: Path) -> None:
    plant(tmp_path, ["Heat (1995)/Heat (1995).mkv", "Heat (1995)/The making of Heat.mkv"])
    (film,) = titles(tmp_path)
    assert sorted(one.role for one in film.files) == ["extra", "main"]


@pytest.mark.parametrize(
    "file",
    ["Heat (1995)/movie.mkv", "Heat (1995)/00800.m2ts", "Heat (1995)/d41d8cd98f00b204e9800998ecf8427e.mkv",
     "Heat.1995.1080p.BluRay.x264-GRP/grp-heat.mkv", "Heat (1995)/Heat.mkv", "Something/Heat (1995).mkv",
     "Heat (1995)/BDMV/STREAM/00001.m2ts"],
)  # fmt: skip
def test_folder_and_file_together_give_the_name(tmp_path: Path, file: str) -> None:
    plant(tmp_path, [file])
    assert films(tmp_path) == [("Heat", 1995)]


@pytest.mark.parametrize(
    ("file", "own"),
    [("Heat (1995)/Heat.1995.mkv", True), ("Crime/Heat (1995).mkv", False), ("Best of 1995/Ran (1985).mkv", False),
     ("七人の侍 (1954)/Seven.Samurai.1954.1080p.mkv", True), ("Something {tmdb-949}/Heat (1995).mkv", True)],
)  # fmt: skip
def test_a_folder_is_a_films_own_when_their_names_go_together(tmp_path: Path, file: str, own: bool) -> None:
    plant(tmp_path, [file])
    assert [one.own_folder for one in titles(tmp_path)] == [own]


def test_the_streams_of_a_disc_are_one_film(tmp_path: Path) -> None:
    plant(tmp_path, {f"Heat (1995)/BDMV/STREAM/0000{n}.m2ts": b"x" * n for n in range(5)})
    (film,) = titles(tmp_path)
    assert [one.path for one in film.files if one.role == "main"] == ["Heat (1995)/BDMV/STREAM/00004.m2ts"]


def test_an_episode_in_a_library_of_films_is_no_title_and_is_remarked(tmp_path: Path) -> None:
    plant(tmp_path, ["Show/Show.S01E01.mkv", "Heat (1995).mkv"])
    seen, _ = look(tmp_path)
    assert [one.title for one in seen.titles] == ["Heat"]
    assert [one.path for one in seen.remarks] == ["Show/Show.S01E01.mkv"]


def test_samples_trailers_extras_and_unfinished_downloads_are_never_titles(tmp_path: Path) -> None:
    plant(tmp_path, [
        "Heat (1995)/Heat (1995).mkv.part", "Alien (1979)/Sample/alien.mkv", "Alien (1979)/alien-trailer.mkv",
        "Alien (1979)/extras/one.mkv", "Brazil (1985)/brazil.1985-sample.mkv", ".hidden/Film (2000).mkv",
    ])  # fmt: skip
    assert titles(tmp_path) == []


def test_what_was_seen_is_counted_by_kind(tmp_path: Path) -> None:
    plant(
        tmp_path,
        ["Heat (1995)/Heat (1995).mkv", "Heat (1995)/poster.jpg", "Heat (1995)/x.sfv", "Heat (1995)/a.srt"],
    )
    seen, _ = look(tmp_path)
    assert seen.counts == {FileKind.FILM: 1, FileKind.ARTWORK: 1, FileKind.JUNK: 1, FileKind.SUBTITLE: 1}


def test_a_film_keeps_its_key_when_its_file_is_replaced_in_its_folder(tmp_path: Path) -> None:
    plant(tmp_path, ["Heat (1995)/Heat (1995) - 720p.mkv"])
    (before,) = titles(tmp_path)
    (tmp_path / "Heat (1995)/Heat (1995) - 720p.mkv").unlink()
    plant(tmp_path, ["Heat (1995)/Heat (1995) - 2160p.mkv"])
    (after,) = titles(tmp_path)
    assert before.key == after.key
