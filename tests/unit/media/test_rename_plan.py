"""Plans of renames on real folders: what is refused, and that every one leads there and back."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queueapp.errors import Permanent
from queueapp.media import rename_steps
from queueapp.media.rename_plan import Move, Refused, RenamePlan, plan
from tests.media_tree import plant


def tree(root: Path) -> dict[str, tuple[bytes, int, int] | None]:
    """Bytes, time and inode of every file below a folder; folders with None."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        if path.is_file()
        else None
        for path in root.rglob("*")
    }


def moves(root: Path, **pairs: str) -> list[Move]:
    return [Move(f"{root}/{before}", f"{root}/{now}") for before, now in pairs.items()]


def pairs(root: Path, *given_pairs: tuple[str, str]) -> list[Move]:
    return [Move(f"{root}/{before}", f"{root}/{now}") for before, now in given_pairs]


def do(made: RenamePlan) -> None:
    for step in made.steps:
        rename_steps.carry_out(step, made.root)


def test_files_and_their_folder_get_new_names(tmp_path: Path) -> None:
    plant(tmp_path, ["heat.1995/heat.mkv", "heat.1995/heat.nfo", "heat.1995/extras/x.mkv"])
    made = plan(
        str(tmp_path),
        pairs(
            tmp_path,
            ("heat.1995/heat.mkv", "Heat (1995)/Heat.mkv"),
            ("heat.1995/heat.nfo", "Heat (1995)/Heat.nfo"),
        ),
        pairs(tmp_path, ("heat.1995", "Heat (1995)")),
    )
    before = tree(tmp_path)
    do(made)
    assert sorted(tree(tmp_path)) == [
        "Heat (1995)", "Heat (1995)/Heat.mkv", "Heat (1995)/Heat.nfo", "Heat (1995)/extras", "Heat (1995)/extras/x.mkv",
    ]  # fmt: skip
    assert sorted(one.now.rpartition("/")[2] for one in made.files) == ["Heat.mkv", "Heat.nfo", "x.mkv"]
    rename_steps.take_back(made.steps, made.root)
    assert tree(tmp_path) == before


def test_names_may_change_places(tmp_path: Path) -> None:
    plant(tmp_path, {"a": b"1", "b": b"2", "c": b"3"})
    made = plan(str(tmp_path), moves(tmp_path, a="b", b="c", c="a"), [])
    do(made)
    assert [(tmp_path / name).read_bytes() for name in "abc"] == [b"3", b"1", b"2"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_may_move_into_itself(tmp_path: Path) -> None:
    plant(tmp_path, ["Heat/Heat.mkv"])
    do(plan(str(tmp_path), [], pairs(tmp_path, ("Heat", "Heat/Heat (1995)"))))
    assert (tmp_path / "Heat/Heat (1995)/Heat.mkv").is_file()


def test_only_folders_emptied_by_the_rename_go(tmp_path: Path) -> None:
    plant(tmp_path, ["in/a.mkv", "kept/b.mkv", "kept/notes.pdf"])
    (tmp_path / "empty").mkdir()
    do(plan(str(tmp_path), pairs(tmp_path, ("in/a.mkv", "A/a.mkv"), ("kept/b.mkv", "B/b.mkv")), []))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A", "B", "empty", "kept"]


@pytest.mark.parametrize("there", ["Heat.mkv", "HEAT.mkv", "heat.MKV"])
def test_what_stands_there_is_never_replaced(tmp_path: Path, there: str) -> None:
    plant(tmp_path, ["in/a.mkv", f"to/{there}"])
    with pytest.raises(Refused, match="stands there already"):
        plan(str(tmp_path), pairs(tmp_path, ("in/a.mkv", "to/Heat.mkv")), [])


def test_two_files_never_become_one(tmp_path: Path) -> None:
    plant(tmp_path, ["a.mkv", "b.mkv"])
    with pytest.raises(Refused, match="would both become"):
        plan(str(tmp_path), pairs(tmp_path, ("a.mkv", "to/Heat.mkv"), ("b.mkv", "to/HEAT.mkv")), [])


def test_nothing_leads_out_of_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plant(root, ["a.mkv"])
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    for target in ("../outside/a.mkv", "link/a.mkv", "link/deeper/a.mkv"):
        with pytest.raises(Refused, match="inside"):
            plan(str(root), pairs(root, ("a.mkv", target)), [])
    (root / "film.mkv").symlink_to(root / "a.mkv")
    with pytest.raises(Refused, match="is a link"):
        plan(str(root), pairs(root, ("film.mkv", "b.mkv")), [])


def test_what_appears_after_the_plan_is_not_replaced(tmp_path: Path) -> None:
    plant(tmp_path, {"a.mkv": b"film"})
    made = plan(str(tmp_path), pairs(tmp_path, ("a.mkv", "b.mkv")), [])
    (tmp_path / "b.mkv").write_bytes(b"other")
    with pytest.raises(Permanent, match="stands there already"):
        do(made)
    assert (tmp_path / "b.mkv").read_bytes() == b"other"
    assert (tmp_path / "a.mkv").read_bytes() == b"film"


def test_what_comes_along_with_its_folder_takes_its_place_from_others_too(tmp_path: Path) -> None:
    plant(tmp_path, ["b/a", "b/b"])
    with pytest.raises(Refused, match=r"b/a and .*b/b would both become"):
        plan(str(tmp_path), pairs(tmp_path, ("b/a", "A/b")), pairs(tmp_path, ("b", "a")))


def test_hard_links_are_kept(tmp_path: Path) -> None:
    plant(tmp_path, ["a.mkv"])
    os.link(tmp_path / "a.mkv", tmp_path / "seeding.mkv")
    do(plan(str(tmp_path), pairs(tmp_path, ("a.mkv", "b.mkv")), []))
    assert (tmp_path / "b.mkv").samefile(tmp_path / "seeding.mkv")


def test_another_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, ["a.mkv"])
    other = tmp_path / "other"
    other.mkdir()
    real = Path.stat

    def stat(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = real(self, follow_symlinks=follow_symlinks)
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:])) if self == other else found

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(Refused, match="another file system"):
        plan(str(tmp_path), pairs(tmp_path, ("a.mkv", "other/a.mkv")), [])


names = st.sampled_from(["a", "A", "b", "c.mkv", "C.mkv", "d", "é", "e\u0301"])
files = st.lists(st.tuples(names, names), min_size=1, max_size=8, unique=True)


@settings(max_examples=150, deadline=None)
@given(files, st.data())
def test_every_plan_leads_to_distinct_places_inside_and_exactly_back(
    known: list[tuple[str, str]], data: st.DataObject
) -> None:
    root = Path(tempfile.mkdtemp(prefix="rename-"))
    try:
        plant(root, {"/".join(one): os.fsencode("/".join(one)) for one in known})
        targets = data.draw(st.lists(st.tuples(names, names), min_size=len(known), max_size=len(known)))
        folders = data.draw(st.lists(st.tuples(names, names), max_size=2))
        wanted = [(f"{one}", other) for one, other in folders if (root / one).is_dir()]
        try:
            made = plan(
                str(root),
                pairs(root, *zip(map("/".join, known), map("/".join, targets), strict=True)),
                pairs(root, *dict(wanted).items()),
            )
        except Refused:
            return
        before = tree(root)
        stop = data.draw(st.integers(0, len(made.steps)))
        for step in made.steps[:stop]:
            rename_steps.carry_out(step, made.root)
        # Whatever was cut short is told by what lies where.
        done = rename_steps.done_so_far(made.steps)
        assert done <= stop
        assert all(step.kind != "rename" for step in made.steps[done:stop])
        for step in made.steps[done:]:
            rename_steps.carry_out(step, made.root)
        after = tree(root)
        assert sorted(one for one in after.values() if one) == sorted(one for one in before.values() if one)
        for file in made.files:
            assert (Path(file.now).stat().st_ino, file.now.startswith(f"{root}/")) == (file.inode, True)
        assert len({one.now.casefold() for one in made.files}) == len(made.files)
        assert not any(".renaming" in name for name in after)
        rename_steps.take_back(made.steps, made.root)
        assert tree(root) == before
    finally:
        shutil.rmtree(root)
