from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queueapp.media import film_names, ids

NAMES = [
    ("Nosferatu (1922)", "Nosferatu", 1922),
    ("Nosferatu (1922) {tmdb-653}", "Nosferatu", 1922),
    ("Nosferatu.1922.1080p.BluRay.x264-GRP", "Nosferatu", 1922),
    ("2001.A.Space.Odyssey.1968.1080p.BluRay.x264-GRP", "2001 A Space Odyssey", 1968),
    ("2001 - A Space Odyssey (1968)", "2001 - A Space Odyssey", 1968),
    ("Blade.Runner.2049.2017.2160p.UHD.BluRay.x265-GRP", "Blade Runner 2049", 2017),
    ("Blade.Runner.2049.1080p.BluRay", "Blade Runner 2049", None),
    ("1917.2019.1080p.WEB-DL.DD5.1.H264", "1917", 2019),
    ("1917 (2019)", "1917", 2019),
    ("2012 (2009)", "2012", 2009),
    ("2012.2009.720p.BluRay", "2012", 2009),
    ("300.2006.1080p", "300", 2006),
    ("Wonder.Woman.1984.2020.1080p.WEBRip.x264", "Wonder Woman 1984", 2020),
    ("THX 1138 (1971)", "THX 1138", 1971),
    ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
    ("[REC] (2007)", "REC", 2007),
    ("[Group] Some Film (2007) [1080p]", "Some Film", 2007),
    ("Amélie [2001] [1080p] [YTS.MX]", "Amélie", 2001),
    ("Kingsman_The_Secret_Service_2014_720p", "Kingsman The Secret Service", 2014),
    ("The.A-Team.2010.1080p", "The A-Team", 2010),
    ("S.W.A.T.2003.720p.BluRay", "S.W.A.T.", 2003),
    ("A.I.2001.1080p", "A.I.", 2001),
    ("A.I. Artificial Intelligence (2001)", "A.I. Artificial Intelligence", 2001),
    ("E.T.the.Extra-Terrestrial.1982.1080p", "E.T. the Extra-Terrestrial", 1982),
    ("WALL·E (2008)", "WALL·E", 2008),
    ("M*A*S*H (1970)", "M*A*S*H", 1970),
    ("Mr. Nobody (2009)", "Mr. Nobody", 2009),
    ("Face-Off 1997", "Face-Off", 1997),
    ("Se7en.1995.REMASTERED.1080p", "Se7en", 1995),
    ("8½ (1963)", "8½", 1963),
    ("Matrix, The (1999)", "The Matrix", 1999),
    ("Kill.Bill.Vol.1.2003.DVDRip.XviD-DiAMOND", "Kill Bill Vol 1", 2003),
    ("The.Godfather.Part.II.1974.1080p", "The Godfather Part II", 1974),
    (
        "Harry Potter and the Deathly Hallows Part 1 (2010)",
        "Harry Potter and the Deathly Hallows Part 1",
        2010,
    ),
    (
        "Birdman or (The Unexpected Virtue of Ignorance) (2014)",
        "Birdman or (The Unexpected Virtue of Ignorance)",
        2014,
    ),
    ("Das Boot (1981) [Director's Cut]", "Das Boot", 1981),
    ("Das.Boot.1981.Directors.Cut.German.1080p.BluRay.x264-GRP", "Das Boot", 1981),
    ("Film (2010) - 1080p", "Film", 2010),
    ("Film (2010) - Extended Cut", "Film", 2010),
    ("Heat", "Heat", None),
    ("Some.Film.With.No.Year.1080p.WEB-DL.x264-GRP", "Some Film With No Year", None),
    ("七人の侍 (1954)", "七人の侍", 1954),
    ("霸王别姬.1993.1080p.BluRay", "霸王别姬", 1993),
    ("기생충 (2019)", "기생충", 2019),
    ("Сталкер.1979.BDRip.1080p", "Сталкер", 1979),
    ("Броненосец Потёмкин (1925)", "Броненосец Потёмкин", 1925),
    ("أبو فوق الشجرة (1969)", "أبو فوق الشجرة", 1969),
    ("Πολίτικη Κουζίνα (2003)", "Πολίτικη Κουζίνα", 2003),
    ("แฝด (2007)", "แฝด", 2007),
    ("דיבוק (1937)", "דיבוק", 1937),
    ("Ame\u0301lie (2001)", "Amélie", 2001),
    ("Am\udce9lie (2001)", "Amélie", 2001),
]


@pytest.mark.parametrize(
    ("name", "title", "year"), NAMES, ids=[one[0].encode("ascii", "replace").decode() for one in NAMES]
)
def test_a_films_name_gives_its_title_and_year(name: str, title: str, year: int | None) -> None:
    said = film_names.parse(name)
    assert (said.title, said.year) == (title, year)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Nosferatu (1922) {tmdb-653}", ids.Ids(tmdb=653)),
        ("Nosferatu (1922) [tmdbid-653]", ids.Ids(tmdb=653)),
        ("Nosferatu (1922) [tmdbid=653]", ids.Ids(tmdb=653)),
        ("Nosferatu (1922) {imdb-tt0013442}", ids.Ids(imdb="tt0013442")),
        ("Nosferatu (1922) [imdbid-tt0013442] {tmdb-653}", ids.Ids(653, "tt0013442")),
        ("Nosferatu.1922.tt0013442.1080p", ids.Ids(imdb="tt0013442")),
        ("Foundation (2021) {tvdb-366972}", ids.Ids(tvdb=366972)),
        ("Nosferatu (1922) {tmdb-99999999999999}", ids.NONE),
        ("Nosferatu (1922) {edition-Restored}", ids.NONE),
    ],
)
def test_ids_in_tags_are_read(name: str, expected: ids.Ids) -> None:
    assert film_names.parse(name).ids == expected


@pytest.mark.parametrize(
    ("name", "part"),
    [("film.2001.dvdrip.xvid.cd1-grp", 1), ("Film (1999) - cd2", 2), ("Film (1999) disc 1", 1),
     ("Film - Part B", 2), ("Film (1999)", None), ("Particle Fever (2013)", None), ("CD1", None)],
)  # fmt: skip
def test_a_parts_number_is_read(name: str, part: int | None) -> None:
    assert film_names.parse(name).part == part


@pytest.mark.parametrize("name", ["movie", "title_t00", "00800", "d41d8cd98f00b204e9800998ecf8427e"])
def test_names_that_say_nothing_are_known_as_such(name: str) -> None:
    assert film_names.parse(name).generic


def test_a_real_title_is_not_taken_for_one_that_says_nothing() -> None:
    assert not any(
        film_names.parse(name).generic for name in ("Heat", "Metropolis", "1917 (2019)", "七人の侍")
    )


@given(st.text())
@settings(deadline=None)
def test_no_name_is_too_odd_to_be_read(name: str) -> None:
    said = film_names.parse(name)
    assert said.year is None or film_names.EARLIEST_YEAR <= said.year <= film_names.LATEST_YEAR
    said.title.encode("utf-8")
