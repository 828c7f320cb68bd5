"""Path mappings: longest prefix, whole components, Windows and slashes of either kind."""

from __future__ import annotations

import pytest

from queueapp.media.path_mapping import Mapping, NoMapping, to_ours, to_theirs

WINDOWS = [Mapping("/media/films/", "M:\\films\\")]
NAS = [Mapping("/media", "smb://nas/media/"), Mapping("/media/films", "nfs://nas/films")]


@pytest.mark.parametrize(
    ("path", "mappings", "expected"),
    [
        ("/media/films/A (1999)", [], "/media/films/A (1999)"),
        ("/media/films/A (1999)", NAS, "nfs://nas/films/A (1999)"),
        ("/media/tv/S/", NAS, "smb://nas/media/tv/S"),
        ("/media/filmsX/A", NAS, "smb://nas/media/filmsX/A"),
        ("/media/films/A/a.mkv", WINDOWS, "M:\\films\\A\\a.mkv"),
        ("/media/films", WINDOWS, "M:\\films\\"),
        ("/a\\b/c", [Mapping("/a\\b", "/x")], "/x/c"),
    ],
)
def test_our_path_in_their_spelling(path: str, mappings: list[Mapping], expected: str) -> None:
    assert to_theirs(path, mappings, "Kodi") == expected


@pytest.mark.parametrize("path", ["M:\\films\\A\\a.mkv", "m:/Films/A/a.mkv", "M:\\FILMS/A\\a.mkv"])
def test_a_windows_path_is_understood_in_any_spelling(path: str) -> None:
    assert to_ours(path, WINDOWS, "Radarr") == "/media/films/A/a.mkv"


def test_a_share_is_understood() -> None:
    assert (
        to_ours("\\\\nas\\films\\A", [Mapping("/media/films", "\\\\nas\\films")], "Radarr")
        == "/media/films/A"
    )


@pytest.mark.parametrize("theirs", ["//nas/films", "\\\\NAS\\Films\\", "\\\\nas/films"])
@pytest.mark.parametrize("path", ["\\\\nas\\films\\A\\a.mkv", "\\\\NAS\\FILMS/A/a.mkv"])
def test_a_share_may_be_written_with_either_slash_and_in_any_case(theirs: str, path: str) -> None:
    assert to_ours(path, [Mapping("/media/films", theirs)], "Radarr") == "/media/films/A/a.mkv"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("D:\\Movies\\A\\a.mkv", "/films/A/a.mkv"),
        ("d:/movies 4k/A/a.mkv", "/uhd/A/a.mkv"),
        ("D:\\Movies 4K", "/uhd"),
        ("D:\\Other\\a.mkv", "/rest/Other/a.mkv"),
    ],
)
def test_the_longest_prefix_wins_on_the_bounds_of_names(path: str, expected: str) -> None:
    mappings = [Mapping("/rest", "D:\\"), Mapping("/films", "D:\\Movies"), Mapping("/uhd", "D:\\Movies 4K")]
    assert to_ours(path, mappings, "Radarr") == expected


@pytest.mark.parametrize("path", ["/Movies/A", "/moviesX/A", "/mov", "movies/A", "C:\\movies\\A"])
def test_other_names_case_and_relative_paths_are_not_covered(path: str) -> None:
    with pytest.raises(NoMapping):
        to_ours(path, [Mapping("/media/films", "/movies")], "Radarr")


def test_a_path_that_no_mapping_covers_names_what_is_missing() -> None:
    with pytest.raises(NoMapping, match=r"no path mapping of Kodi covers /other/A; .*/media/films"):
        to_theirs("/other/A", NAS, "Kodi")
