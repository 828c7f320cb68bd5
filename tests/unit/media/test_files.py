"""Writing beside the media: whole or not at all, only inside the root, only when something changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from queueapp.errors import Permanent
from queueapp.media.files import TEMPORARY_PREFIX, Target, Writer
from queueapp.media.recycle import RecycleFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(RecycleFolder.of(tmp_path / "data"), lambda: None, task_id=7)


def test_a_new_file_is_written_with_the_modes_of_its_folder(root: Path, writer: Writer) -> None:
    root.chmod(0o775)
    assert writer.write(Target(root / "movie.nfo", root), b"new")
    assert (root / "movie.nfo").read_bytes() == b"new"
    assert (root / "movie.nfo").stat().st_mode & 0o777 == 0o664
    assert os.listdir(root) == ["movie.nfo"]


def test_equal_bytes_are_not_written_again(root: Path, writer: Writer) -> None:
    target = Target(root / "movie.nfo", root)
    writer.write(target, b"same")
    os.utime(target.path, ns=(1, 1))
    before = target.path.stat()
    assert not writer.write(target, b"same")
    after = target.path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_what_is_replaced_goes_to_the_recycle_folder_and_its_mode_stays(root: Path, writer: Writer) -> None:
    path = root / "movie.nfo"
    path.write_bytes(b"old")
    path.chmod(0o640)
    writer.write(Target(path, root), b"new")
    [(copy, origin)] = list(writer.recycle.of_task(7))
    assert (copy.read_bytes(), origin) == (b"old", path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_lost_claim_leaves_everything_as_it_was(root: Path, writer: Writer) -> None:
    path = root / "movie.nfo"
    path.write_bytes(b"old")

    def refuse() -> None:
        raise Permanent("canceled meanwhile")

    with pytest.raises(Permanent, match="canceled"):
        Writer(writer.recycle, refuse).write(Target(path, root), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(root) == ["movie.nfo"]


def test_an_interrupt_leaves_no_temporary_file(root: Path, writer: Writer) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Writer(writer.recycle, interrupt).write(Target(root / "movie.nfo", root), b"new")
    assert os.listdir(root) == []


@pytest.mark.parametrize("name", ["../outside.nfo", "link/x.nfo"])
def test_nothing_is_written_outside_the_root(root: Path, writer: Writer, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Permanent, match="outside"):
        writer.write(Target(root / name, root), b"x")
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_link_that_leads_out_is_replaced_not_followed(root: Path, writer: Writer, tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.write_bytes(b"precious")
    (root / "poster.jpg").symlink_to(outside)
    assert writer.write(Target(root / "poster.jpg", root), b"picture")
    assert outside.read_bytes() == b"precious"
    assert not (root / "poster.jpg").is_symlink()


def test_a_vanished_folder_is_a_clear_error(root: Path, writer: Writer) -> None:
    with pytest.raises(Permanent, match="not there any more"):
        writer.write(Target(root / "gone" / "movie.nfo", root), b"x")


def test_a_folder_in_the_way_is_a_clear_error(root: Path, writer: Writer) -> None:
    (root / "movie.nfo").mkdir()
    with pytest.raises(Permanent, match="is a folder"):
        writer.write(Target(root / "movie.nfo", root), b"x")


def test_names_that_are_no_text_work(root: Path, writer: Writer) -> None:
    path = Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.nfo"))
    writer.write(Target(path, root), b"1")
    writer.write(Target(path, root), b"2")
    assert path.read_bytes() == b"2"
    assert [origin for _, origin in writer.recycle.of_task(7)] == [path]


def test_what_a_killed_writer_left_is_cleared_away_once_it_is_old(root: Path, writer: Writer) -> None:
    old, young = root / f"{TEMPORARY_PREFIX}old.tmp", root / f"{TEMPORARY_PREFIX}young.tmp"
    old.touch()
    young.touch()
    os.utime(old, (1, 1))
    writer.write(Target(root / "movie.nfo", root), b"x")
    assert sorted(os.listdir(root)) == [young.name, "movie.nfo"]


def test_a_removed_file_can_be_found_in_the_recycle_folder(root: Path, writer: Writer) -> None:
    path = root / "fanart3.jpg"
    path.write_bytes(b"x")
    writer.remove(Target(path, root))
    writer.remove(Target(path, root))
    assert [origin for _, origin in writer.recycle.of_task(7)] == [path]
    assert not path.exists()


def test_old_replaced_files_are_pruned(root: Path, writer: Writer) -> None:
    path = root / "movie.nfo"
    path.write_bytes(b"x")
    kept = writer.recycle.keep(path, 7)
    kept.parent.rename(kept.parent.with_name("2020-01-01"))
    assert writer.recycle.prune(30) == 1
    assert list(writer.recycle.of_task(7)) == []
