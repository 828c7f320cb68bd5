from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queueapp.media import episode_names

# name, season of its folder, then: show, season, numbers
NAMES = [
    ("Foundation - S01E01 - The Emperor's Peace", 1, "Foundation", 1, (1,)),
    ("Foundation.2021.S01E02.Preparing.to.Live.1080p.WEB.H264-GRP", None, "Foundation", 1, (2,)),
    ("foundation.s01e03e04.720p", None, "foundation", 1, (3, 4)),
    ("Show S01E02-E03", None, "Show", 1, (2, 3)),
    ("Show.S01E02-03.1080p", None, "Show", 1, (2, 3)),
    ("Show.S01E01E02E03.720p", None, "Show", 1, (1, 2, 3)),
    ("S01E01-E05", None, "", 1, (1, 2, 3, 4, 5)),
    ("Show - S01E01-S01E02 - Two", None, "Show", 1, (1, 2)),
    ("Show S01E01+E02", None, "Show", 1, (1, 2)),
    ("Show.S01.E07.Title", None, "Show", 1, (7,)),
    ("Show - 1x02", None, "Show", 1, (2,)),
    ("Show 1x02-1x03 Title", None, "Show", 1, (2, 3)),
    ("Show.1x02x03", None, "Show", 1, (2, 3)),
    ("S02E10", None, "", 2, (10,)),
    ("Show - S00E01 - Special", None, "Show", 0, (1,)),
    ("E03 - Title", 2, "", 2, (3,)),
    ("Episode 4", 1, "", 1, (4,)),
    ("05 - Title", 3, "", 3, (5,)),
    ("05", 3, "", 3, (5,)),
    ("01 - Making of", 0, "", 0, (1,)),
    ("Show 102", 1, "Show", 1, (2,)),
    ("Show - 012", None, "Show", 1, (12,)),
    ("[SubsPlease] Sousou no Frieren - 12 (1080p) [ABCD1234]", None, "Sousou no Frieren", 1, (12,)),
    ("One Piece - 1071 [1080p]", None, "One Piece", 1, (1071,)),
    ("Show.S2020E05.Title", None, "Show", 2020, (5,)),
    ("Show.Season.1.Episode.02.Title", None, "Show", 1, (2,)),
    ("進撃の巨人 第05話", None, "進撃の巨人", 1, (5,)),
    ("进击的巨人 第2季 第05集", None, "进击的巨人", 2, (5,)),
    ("Сериал S01E01", None, "Сериал", 1, (1,)),
    ("Doctor Who (2005) - S01E01 - Rose", None, "Doctor Who", 1, (1,)),
    ("24 - S01E01 - 12-00 A.M. - 1-00 A.M.", None, "24", 1, (1,)),
    ("The 100 - S01E01 - Pilot", None, "The 100", 1, (1,)),
    ("1923.S01E02.1080p.WEB", None, "1923", 1, (2,)),
    ("Show.S01E02-1080p", None, "Show", 1, (2,)),
    ("Show - S01E02 (1280x720)", None, "Show", 1, (2,)),
    ("Show.S01E01.The.One.With.2.Things.1080p", None, "Show", 1, (1,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "folder", "show", "season", "numbers"),
    NAMES,
    ids=[one[0].encode("ascii", "replace").decode() for one in NAMES],
)
def test_an_episodes_name_gives_show_season_and_numbers(
    name: str, folder: int | None, show: str, season: int, numbers: tuple[int, ...]
) -> None:
    said = episode_names.parse(name, folder)
    assert (said.show, said.season, said.episodes) == (show, season, numbers)


@pytest.mark.parametrize("name", ["The Daily Show 2024-05-03 Guest", "The.Daily.Show.2024.05.03.720p.WEB"])
def test_an_episode_can_be_known_by_its_day(name: str) -> None:
    said = episode_names.parse(name)
    assert (said.show, said.season, said.episodes, said.aired) == (
        "The Daily Show",
        2024,
        (),
        date(2024, 5, 3),
    )


def test_an_absolute_number_is_kept_as_such() -> None:
    assert episode_names.parse("One Piece - 1071").absolute == 1071


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Foundation - S01E01 - The Emperor's Peace", "The Emperor's Peace"),
        ("Foundation.S01E02.Preparing.to.Live.1080p.WEB.H264-GRP", "Preparing to Live"),
        ("24 - S01E01 - 12-00 A.M. - 1-00 A.M.", "12-00 A.M. - 1-00 A.M."),
        ("Show.S01E02.REPACK.1080p", ""),
    ],
)
def test_the_title_of_an_episode_is_what_stands_before_the_quality(name: str, title: str) -> None:
    assert episode_names.parse(name).title == title


@pytest.mark.parametrize("name", ["holiday video", "trailer park", "Heat", "Show 1080p"])
def test_a_name_without_a_number_names_no_episode(name: str) -> None:
    assert not episode_names.parse(name).found


@pytest.mark.parametrize(
    ("folder", "season"),
    [("Season 01", 1), ("S2", 2), ("Specials", 0), ("Staffel 3", 3), ("第2季", 2), ("Сезон 1", 1),
     ("2nd Season", 2), ("Season 1 - 1080p", 1), ("Season 2011", 2011), ("Foundation (2021)", None),
     ("The Four Seasons", None),
     ("Season of the Witch", None)],
)  # fmt: skip
def test_a_folders_season(folder: str, season: int | None) -> None:
    assert episode_names.season_of_folder(folder) == season


@given(st.text(), st.none() | st.integers(0, 30))
@settings(deadline=None)
def test_no_name_is_too_odd_to_be_read(name: str, season: int | None) -> None:
    said = episode_names.parse(name, season)
    assert list(said.episodes) == sorted(set(said.episodes))
