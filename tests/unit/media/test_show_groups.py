from __future__ import annotations

from pathlib import Path

from tests.media_tree import episodes, look, plant, titles


def test_a_show_with_seasons_specials_and_what_lies_beside(tmp_path: Path) -> None:
    plant(tmp_path, [
        "Foundation (2021)/tvshow.nfo", "Foundation (2021)/poster.jpg",
        "Foundation (2021)/Season 01/Foundation - S01E01 - The Emperor's Peace.mkv",
        "Foundation (2021)/Season 01/Foundation - S01E01 - The Emperor's Peace.en.srt",
        "Foundation (2021)/Season 01/Foundation - S01E01 - The Emperor's Peace.nfo",
        "Foundation (2021)/Season 01/Foundation - S01E02E03.mkv",
        "Foundation (2021)/Specials/Foundation - S00E01.mkv",
        "Foundation (2021)/Season 01/Foundation.S01E01.sample.mkv",
    ])  # fmt: skip
    found = titles(tmp_path, "tv")
    show = found[0]
    assert (show.kind, show.title, show.year, show.own_folder) == ("show", "Foundation", 2021, True)
    assert [one.path for one in show.files] == ["Foundation (2021)/tvshow.nfo"]
    seasons = [(one.season, one.title, one.folder, one.own_folder) for one in found if one.kind == "season"]
    assert seasons == [
        (0, "Specials", "Foundation (2021)/Specials", True),
        (1, "Season 1", "Foundation (2021)/Season 01", True),
    ]
    assert episodes(tmp_path) == [("Foundation", 0, (1,)), ("Foundation", 1, (1,)), ("Foundation", 1, (2, 3))]
    first = next(one for one in found if one.episodes == (1,) and one.season == 1)
    assert (first.title, sorted(one.role for one in first.files)) == (
        "The Emperor's Peace", ["main", "nfo", "subtitle"],
    )  # fmt: skip


def test_season_packs_and_single_releases_of_the_scene_make_one_show(tmp_path: Path) -> None:
    plant(tmp_path, [
        "Foundation.2021.S01.1080p.WEB.H264-GRP/Foundation.2021.S01E01.1080p.WEB.H264-GRP.mkv",
        "Foundation.2021.S01.1080p.WEB.H264-GRP/Foundation.2021.S01E02.1080p.WEB.H264-GRP.mkv",
        "Foundation.2021.S02E01.1080p.WEB.H264-GRP/foundation.2021.s02e01.1080p.web.h264-grp.mkv",
    ])  # fmt: skip
    found = titles(tmp_path, "tv")
    assert {one.key for one in found if one.kind == "show"} == {"show:~foundation 2021"}
    assert [(season, numbers) for _, season, numbers in episodes(tmp_path)] == [
        (1, (1,)),
        (1, (2,)),
        (2, (1,)),
    ]


def test_episodes_loose_in_the_root_are_told_apart_by_show(tmp_path: Path) -> None:
    plant(tmp_path, ["Alpha.S01E01.mkv", "Alpha.S01E02.mkv", "Beta.S01E01.mkv"])
    assert episodes(tmp_path) == [("Alpha", 1, (1,)), ("Alpha", 1, (2,)), ("Beta", 1, (1,))]


def test_shows_inside_a_category_folder_are_found(tmp_path: Path) -> None:
    plant(
        tmp_path, ["Anime/Frieren (2023)/Season 1/Frieren - 01.mkv", "Anime/Monster (2004)/Monster - 05.mkv"]
    )
    assert episodes(tmp_path) == [("Frieren", 1, (1,)), ("Monster", 1, (5,))]


def test_a_mixed_download_folder_is_no_show(tmp_path: Path) -> None:
    plant(tmp_path, ["New/Alpha.S01E01.mkv", "New/Beta.S02E02.mkv"])
    assert episodes(tmp_path) == [("Alpha", 1, (1,)), ("Beta", 2, (2,))]


def test_episodes_directly_in_the_shows_folder_belong_to_it(tmp_path: Path) -> None:
    plant(tmp_path, ["Сериал (1999)/Сериал S01E01.mkv", "進撃の巨人/第1季/進撃の巨人 第05話.mkv"])
    assert episodes(tmp_path) == [("Сериал", 1, (1,)), ("進撃の巨人", 1, (5,))]


def test_two_files_of_one_episode_are_versions(tmp_path: Path) -> None:
    plant(tmp_path, {"Show/Show S01E01 720p.mkv": b"1", "Show/Show S01E01 1080p.mkv": b"12"})
    episode = titles(tmp_path, "tv")[-1]
    assert [one.role for one in episode.files] == ["main", "version"]
    assert episode.main is not None
    assert episode.main.path == "Show/Show S01E01 1080p.mkv"


def test_two_parts_of_one_episode_are_joined(tmp_path: Path) -> None:
    plant(tmp_path, ["Show/Show S01E01 cd2.avi", "Show/Show S01E01 cd1.avi"])
    assert [(one.role, one.part) for one in titles(tmp_path, "tv")[-1].files] == [("main", 1), ("part", 2)]


def test_a_video_without_a_number_is_no_episode_and_is_remarked(tmp_path: Path) -> None:
    plant(tmp_path, ["Show/Show S01E01.mkv", "Show/holiday.mkv"])
    seen, _ = look(tmp_path, "tv")
    assert [one.path for one in seen.remarks] == ["Show/holiday.mkv"]
    assert len([one for one in seen.titles if one.kind == "episode"]) == 1


def test_a_daily_show_is_known_by_its_days(tmp_path: Path) -> None:
    plant(
        tmp_path,
        ["The Daily Show/The Daily Show 2024-05-03.mkv", "The Daily Show/The Daily Show 2024-05-04.mkv"],
    )
    keys = [one.key for one in titles(tmp_path, "tv") if one.kind == "episode"]
    assert keys == ["show:The Daily Show/S2024D2024-05-03", "show:The Daily Show/S2024D2024-05-04"]


def test_ids_in_the_shows_folder_are_the_shows(tmp_path: Path) -> None:
    plant(tmp_path, ["Foundation (2021) {tvdb-366972}/S01/S01E01.mkv"])
    show = titles(tmp_path, "tv")[0]
    assert (show.title, show.ids.tvdb) == ("Foundation", 366972)
