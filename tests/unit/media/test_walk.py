from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from queueapp.media.ignore import IgnorePatterns
from queueapp.media.kind_guess import guess_kind
from queueapp.media.options import ScanOptions
from queueapp.media.walk import Walk
from tests.media_tree import plant


def listed(
    root: Path, options: ScanOptions | None = None, allowed: tuple[str, ...] = ()
) -> tuple[list[str], Walk]:
    """All watched files of a walk, relative to the root."""
    walk = Walk(str(root), options or ScanOptions(), "movies", allowed)
    top = walk.top()
    assert top is not None
    folders = [top, *(folder for unit in top.subfolders for folder in walk.unit(unit))]
    return sorted(f"{one.path}/{file.name}".lstrip("/") for one in folders for file in one.files), walk


def test_every_folder_is_walked_and_only_watched_files_are_listed(tmp_path: Path) -> None:
    plant(tmp_path, ["a.mkv", "b/c/d.mp4", "b/c/d.en.srt", "b/movie.nfo", "b/poster.jpg", "b/x.txt"])
    files, walk = listed(tmp_path)
    assert files == ["a.mkv", "b/c/d.en.srt", "b/c/d.mp4", "b/movie.nfo"]
    assert (walk.files_seen, walk.folders_seen) == (6, 3)


def test_hidden_files_and_folders_of_other_programs_are_passed_over(tmp_path: Path) -> None:
    plant(
        tmp_path, [".a.mkv", ".Trash/b.mkv", "@eaDir/c.mkv", "$RECYCLE.BIN/d.mkv", "_UNPACK_x/e.mkv", "f.mkv"]
    )
    assert listed(tmp_path)[0] == ["f.mkv"]


def test_nomedia_hides_its_folder_and_all_below(tmp_path: Path) -> None:
    plant(tmp_path, ["a/.nomedia", "a/x.mkv", "a/b/y.mkv", "c/z.mkv"])
    assert listed(tmp_path)[0] == ["c/z.mkv"]


def test_an_empty_ignore_file_hides_its_folder(tmp_path: Path) -> None:
    plant(tmp_path, {"a/.ignore": b"", "a/x.mkv": b"1", "c/z.mkv": b"1"})
    assert listed(tmp_path)[0] == ["c/z.mkv"]


def test_an_ignore_file_with_patterns_hides_what_matches(tmp_path: Path) -> None:
    plant(tmp_path, {"a/.ignore": b"# mine\n*.tmp.mkv\nold/\n", "a/x.tmp.mkv": b"1", "a/old/y.mkv": b"1",
                     "a/b/z.tmp.mkv": b"1", "a/b/keep.mkv": b"1", "old/kept.mkv": b"1"})  # fmt: skip
    assert listed(tmp_path)[0] == ["a/b/keep.mkv", "old/kept.mkv"]


def test_a_link_is_not_followed_unless_asked_for(tmp_path: Path) -> None:
    plant(tmp_path, ["lib/a.mkv", "elsewhere/b.mkv"])
    (tmp_path / "lib/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "lib/c.mkv").symlink_to(tmp_path / "elsewhere/b.mkv")
    assert listed(tmp_path / "lib")[0] == ["a.mkv"]


def test_a_followed_link_may_lead_to_an_allowed_root_only(tmp_path: Path) -> None:
    plant(tmp_path, ["lib/a.mkv", "good/b.mkv", "bad/c.mkv"])
    (tmp_path / "lib/good").symlink_to(tmp_path / "good")
    (tmp_path / "lib/bad").symlink_to(tmp_path / "bad")
    (tmp_path / "lib/file.mkv").symlink_to(tmp_path / "bad/c.mkv")
    files, walk = listed(tmp_path / "lib", ScanOptions(follow_symlinks=True), (str(tmp_path / "good"),))
    assert files == ["a.mkv", "good/b.mkv"]
    assert sorted(one.path for one in walk.problems) == ["bad", "file.mkv"]


@pytest.mark.parametrize("follow", [True, False])
def test_loops_of_links_end(tmp_path: Path, follow: bool) -> None:
    plant(tmp_path, ["lib/film/a.mkv"])
    (tmp_path / "lib/film/up").symlink_to(tmp_path / "lib")
    (tmp_path / "lib/film/self").symlink_to(tmp_path / "lib/film")
    (tmp_path / "lib/round").symlink_to(tmp_path / "lib/round")
    (tmp_path / "lib/nowhere.mkv").symlink_to(tmp_path / "nothing")
    files, _ = listed(tmp_path / "lib", ScanOptions(follow_symlinks=follow), (str(tmp_path),))
    assert files == ["film/a.mkv"]


def test_a_pipe_named_like_a_film_is_no_film(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    assert listed(tmp_path)[0] == []


def test_names_that_are_not_utf8_are_walked(tmp_path: Path) -> None:
    name = os.fsdecode(b"Am\xe9lie (2001)")
    plant(tmp_path, [f"{name}/{name}.mkv"])
    assert listed(tmp_path)[0] == [f"{name}/{name}.mkv"]


def test_an_unreadable_folder_is_reported_and_the_rest_is_walked(
    tmp_path: Path, refuse_to_list: Callable[[Path], None]
) -> None:
    plant(tmp_path, ["a/x.mkv", "b/inner/y.mkv", "b/z.mkv"])
    refuse_to_list(tmp_path / "b/inner")
    files, walk = listed(tmp_path)
    assert files == ["a/x.mkv", "b/z.mkv"]
    assert walk.unreadable == ["b/inner"]
    assert walk.problems[0].message == "cannot be read: permission denied"


@pytest.mark.parametrize(
    "path",
    [
        "x-sample.mkv",
        "a/x-sample.mkv",
        "a/sample/x.mkv",
        "Sample/x.mkv",
        "a/b/EXTRAS/c/x.mkv",
        "a/x.mkv.part",
    ],
)
def test_the_default_patterns_leave_out_what_they_name(tmp_path: Path, path: str) -> None:
    patterns = IgnorePatterns(ScanOptions().ignore_patterns)
    folder, _, name = path.rpartition("/")
    parts = folder.split("/") if folder else []
    below = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    hidden = any(patterns.matches_folder(one, one.rpartition("/")[2]) for one in below)
    assert hidden or patterns.matches_file(path, name)


def test_a_star_does_not_cross_folders_but_two_do() -> None:
    one, two = IgnorePatterns(["a/*.mkv"]), IgnorePatterns(["a/**/*.mkv"])
    assert one.matches_file("a/x.mkv", "x.mkv")
    assert not one.matches_file("a/b/x.mkv", "x.mkv")
    assert two.matches_file("a/b/c/x.mkv", "x.mkv")


def test_the_digest_of_a_folder_changes_with_its_videos_only(tmp_path: Path) -> None:
    plant(tmp_path, ["a/x.mkv"])

    def digest() -> str:
        return next(Walk(str(tmp_path), ScanOptions(), "movies").unit("a")).digest

    before = digest()
    plant(tmp_path, ["a/poster.jpg"])
    assert digest() == before
    (tmp_path / "a/x.mkv").write_bytes(b"longer than before")
    assert digest() != before


def test_the_digest_of_a_folder_changes_with_the_options(tmp_path: Path) -> None:
    plant(tmp_path, ["a/x.mkv"])
    digests = {
        next(Walk(str(tmp_path), options, "movies").unit("a")).digest
        for options in (ScanOptions(), ScanOptions(min_file_bytes=1), ScanOptions(ignore_patterns=()))
    }
    assert len(digests) == 3


def test_a_walk_asks_at_each_folder_whether_to_go_on(tmp_path: Path) -> None:
    plant(tmp_path, [f"{name}/x.mkv" for name in "abcdef"])

    class Canceled(Exception):
        pass

    asked: list[int] = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise Canceled

    walk = Walk(str(tmp_path), ScanOptions(), "movies", check=check)
    top = walk.top()
    assert top is not None
    with pytest.raises(Canceled):
        [list(walk.unit(unit)) for unit in top.subfolders]
    assert walk.folders_seen == 2


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (["Heat (1995)/Heat (1995).mkv"], "movies"),
        (["Show/Season 1/01.mkv", "Show/Season 1/02.mkv"], "tv"),
        (["Show.S01E01.mkv"], "tv"),
        (["Heat (1995).mkv", "Ran (1985).mkv", "Show.S01E01.mkv"], "movies"),
        (["readme.txt"], "movies"),
    ],
)
def test_the_kind_of_a_folder_is_told_by_its_names(tmp_path: Path, files: list[str], kind: str) -> None:
    plant(tmp_path, files)
    assert guess_kind(str(tmp_path)) == kind
