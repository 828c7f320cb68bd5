"""Which files a batch works on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from queueapp.media.selection import BadPattern, Selection, checked

FILES = (
    "a.mkv", "b.MP4", "notes.txt", ".hidden.mkv", "Show/S01/e1.mkv", "Show/S01/e2.mp4", "Show/S01/e1-sample.mkv",
    "Show/Sample/x.mkv", "Show/trailer.mkv", "@eaDir/a.mkv", ".Trash/t.mkv",
)  # fmt: skip
VIDEOS = frozenset({"mkv", "mp4"})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video")
    return tmp_path


def chosen(root: Path, after: str = "", **conditions: object) -> list[str]:
    selection = Selection(extensions=VIDEOS, **conditions)  # type: ignore[arg-type]
    return [found.path for found in selection.walk(str(root), after=after)]


def test_without_a_pattern_every_video_is_chosen_and_nothing_hidden(root: Path) -> None:
    assert chosen(root) == [
        "Show/S01/e1-sample.mkv", "Show/S01/e1.mkv", "Show/S01/e2.mp4", "Show/Sample/x.mkv", "Show/trailer.mkv",
        "a.mkv", "b.MP4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("**/*.mkv", 5),
        ("*.mkv", 1),
        ("**/*.mp4", 2),
        ("Show/**", 5),
        ("Show/*/*.mkv", 3),
        ("**/S01/e?.mkv", 1),
        ("**/*.{mkv,mp4}", 7),
        ("**/e[12].*", 2),
        ("*", 2),
        ("**", 7),
        ("**/*", 7),
        ("nothing/**", 0),
        ("./*.mkv", 1),
        (".//./**/*.mkv", 5),
    ],
)
def test_two_stars_cross_folders_and_one_does_not(root: Path, pattern: str, expected: int) -> None:
    assert len(chosen(root, pattern=pattern)) == expected


def test_a_batch_that_is_not_recursive_stays_in_its_folder(root: Path) -> None:
    assert chosen(root, recursive=False, pattern="**/*.mkv") == ["a.mkv"]


def test_excluded_names_are_left_out_with_their_folders(root: Path) -> None:
    left = chosen(root, excludes=("*sample*", "*trailer*"))
    assert left == ["Show/S01/e1.mkv", "Show/S01/e2.mp4", "a.mkv", "b.MP4"]


def test_small_and_old_files_are_left_out(root: Path) -> None:
    (root / "a.mkv").write_bytes(b"x" * 3000)
    os.utime(root / "b.MP4", (1, 1))
    assert chosen(root, min_bytes=1000) == ["a.mkv"]
    assert "b.MP4" not in chosen(root, newer_than_ns=10**18)


def test_a_walk_goes_on_where_it_stopped(root: Path) -> None:
    every = chosen(root)
    for number, last in enumerate(every):
        assert chosen(root, after=last) == every[number + 1 :]


def test_links_are_not_followed(root: Path) -> None:
    (root / "loop").symlink_to(root)
    (root / "link.mkv").symlink_to(root / "a.mkv")
    assert len(chosen(root)) == 7


def test_an_unreadable_folder_is_reported(root: Path) -> None:
    told: list[tuple[str, str]] = []
    selection = Selection(extensions=VIDEOS)
    assert list(selection.walk(str(root / "gone"), report=lambda *one: told.append(one))) == []
    assert told == [("", "no such file or directory")]


@pytest.mark.parametrize(
    "pattern",
    ["", "  ", "/etc/*", "../*", "a/../b", "**.mkv", "a**/b", "[abc", "abc]", "{a,b", "x\0y", "a" * 600],
)
def test_patterns_that_mean_nothing_are_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        checked(pattern)


def test_a_pattern_that_explodes_is_refused() -> None:
    with pytest.raises(BadPattern):
        Selection(pattern="{a,b}" * 12)
