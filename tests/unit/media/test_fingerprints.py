from __future__ import annotations

from dataclasses import replace

from queueapp.media import fingerprints
from queueapp.media.fingerprints import fingerprint, with_seasons, without_seasons
from queueapp.media.titles import FoundFile, FoundTitle

VIDEO = FoundFile("main", "Heat (1995)/Heat.mkv", 10, 1, 1)
NFO = FoundFile("nfo", "Heat (1995)/movie.nfo", 5, 2, 2)
OWN = fingerprints.own_files({"/films/Heat (1995)/movie.nfo": [5, 2]})


def heat(*files: FoundFile) -> FoundTitle:
    return FoundTitle(
        "movie", "movie:Heat (1995)", "Heat (1995)", "Heat (1995)", "Heat", 1995, files=list(files)
    )


def test_the_same_files_give_the_same_fingerprint_in_any_order() -> None:
    part = FoundFile("part", "Heat (1995)/Heat2.mkv", 10, 1, 3, 2)
    assert fingerprint(heat(VIDEO, part), frozenset(), None) == fingerprint(
        heat(part, VIDEO), frozenset(), None
    )


def test_size_time_and_name_of_the_video_count_but_not_its_inode() -> None:
    before = fingerprint(heat(VIDEO), frozenset(), None)
    assert fingerprint(heat(replace(VIDEO, size_bytes=11)), frozenset(), None) != before
    assert fingerprint(heat(replace(VIDEO, mtime_ns=9)), frozenset(), None) != before
    assert fingerprint(heat(replace(VIDEO, path="Heat (1995)/b.mkv")), frozenset(), None) != before
    assert fingerprint(heat(replace(VIDEO, inode=9)), frozenset(), None) == before


def test_trailers_and_extras_do_not_count() -> None:
    trailer = FoundFile("trailer", "Heat (1995)/Heat-trailer.mkv", 10, 1, 3)
    assert fingerprint(heat(VIDEO, trailer), frozenset(), None) == fingerprint(heat(VIDEO), frozenset(), None)


def test_our_own_nfo_leaves_the_fingerprint_as_it_was() -> None:
    with_theirs = fingerprint(heat(VIDEO, replace(NFO, size_bytes=99)), frozenset(), None)
    assert fingerprint(heat(VIDEO, NFO), OWN, with_theirs) == with_theirs
    without = fingerprint(heat(VIDEO), frozenset(), None)
    assert fingerprint(heat(VIDEO, NFO), OWN, without) == without


def test_a_foreign_nfo_and_a_missing_own_one_change_it() -> None:
    before = fingerprint(heat(VIDEO), frozenset(), None)
    assert fingerprint(heat(VIDEO, NFO), frozenset(), before) != before
    assert fingerprint(heat(VIDEO), OWN, before) != before


def test_a_shows_fingerprint_names_its_seasons() -> None:
    base = "abc:def"
    assert with_seasons(base, [2, 1]) == "abc-1.2:def"
    assert without_seasons("abc-1.2:def") == base
    assert without_seasons(base) == base
    assert without_seasons(None) is None
