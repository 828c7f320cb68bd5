"""What a rename is going to do: every file and folder before and after, and the steps that lead there."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from queueapp.errors import Permanent
from queueapp.media import files, paths
from queueapp.media.rename_steps import TEMPORARY_PREFIX, Step, inode_of

#: Bytes of a whole path that Linux takes.
_MAX_PATH_BYTES = 4095


class Refused(Permanent):
    """A rename that would lose, hide or mix something up; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where something lies, and where it is to lie in the end; paths in the stored form."""

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A file with its size, time and inode, so that a change of it is seen later."""

    before: str
    now: str
    size_bytes: int
    mtime_ns: int
    inode: int


@dataclass(slots=True)
class RenamePlan:
    """All of one rename. `moves` are of single files, `folders` of whole folders, inner ones first."""

    root: str
    moves: list[Move] = field(default_factory=list)
    folders: list[Move] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    files: list[MovedFile] = field(default_factory=list)
    #: Folders that are made and that are taken away.
    made: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    #: Mode and time of each folder in which something changes.
    times: dict[str, tuple[int, int]] = field(default_factory=dict)

    def final(self, path: str) -> str:
        """Where a path leads after the rename."""
        return final(path, self.moves, self.folders)


def final(path: str, moves: Iterable[Move], folders: Iterable[Move]) -> str:
    """Where a path leads after moves of files and folders, told by their places before and after."""
    for move in moves:
        if move.before == path:
            return move.now
    inside = [one for one in folders if paths.is_inside(path, one.before)]
    if not inside:
        return path
    closest = max(inside, key=lambda one: len(one.before))
    return closest.now + path[len(closest.before) :]


def plan(root: str, moves: Sequence[Move], folders: Sequence[Move]) -> RenamePlan:
    """Check moves of files and whole folders below `root`, and put them in order.

    A move of a file says where it lies in the end; where its folder moves too, that is within the moved folder.
    Raises Refused where something stands in the way, leads out of the root or to another file system.
    """
    made = RenamePlan(root)
    made.folders = sorted(
        (one for one in folders if one.before != one.now), key=lambda one: -_depth(one.before)
    )
    made.moves = [one for one in moves if one.now != final(one.before, (), made.folders)]
    if not made.moves and not made.folders:
        return made
    middle = [Move(one.before, _back(one.now, made.folders)) for one in made.moves]
    _check(made, middle)
    _list_files(made)
    _refuse_doubles(made.files)
    after = _Listings(root)
    _files_into_place(made, middle, after)
    _folders_into_place(made, after)
    _note_times(made)
    return made


class _Listings:
    """What lies in folders, as it becomes with each step."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._names: dict[str, set[str]] = {}

    def names(self, folder: str) -> set[str]:
        """The names in a folder; none in one that is not there."""
        if folder not in self._names:
            self._names[folder] = set(listing(folder))
        return self._names[folder]

    def exists(self, path: str) -> bool:
        """Whether something lies there."""
        return paths.base_name(path) in self.names(paths.parent(path))

    def make(self, path: str) -> Iterator[str]:
        """Folders to make above and at `path`, from the top."""
        if path in (self._root, "") or self.exists(path):
            return
        yield from self.make(paths.parent(path))
        self.names(paths.parent(path)).add(paths.base_name(path))
        self._names[path] = set()
        yield path

    def move(self, before: str, now: str) -> None:
        """Note a move."""
        self.names(paths.parent(before)).discard(paths.base_name(before))
        self.names(paths.parent(now)).add(paths.base_name(now))
        for folder in [one for one in self._names if paths.is_inside(one, before)]:
            self._names[now + folder[len(before) :]] = self._names.pop(folder)

    def drop(self, path: str, kept: Collection[str]) -> Iterator[str]:
        """Folders to take away because nothing is left in them, from `path` upwards to one of `kept`."""
        while path not in (self._root, *kept) and paths.is_inside(path, self._root) and not self.names(path):
            yield path
            self.names(paths.parent(path)).discard(paths.base_name(path))
            path = paths.parent(path)


def listing(folder: str) -> list[str]:
    """The names in a folder, in the stored form; none when it is not there. Raises Refused."""
    try:
        return sorted(paths.stored(name) for name in os.listdir(paths.on_disk(folder)))  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise Refused(f"{paths.readable(folder)} cannot be read: {(error.strerror or '').lower()}") from None


def same_name(path: str) -> str:
    """One form of all spellings that a file system without upper and lower case takes for one name."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _files_into_place(made: RenamePlan, middle: Sequence[Move], after: _Listings) -> None:
    for folder in dict.fromkeys(paths.parent(one.now) for one in middle):
        _make(made, folder, after)
    for move in _in_order(middle):
        made.steps.append(Step("rename", move.before, move.now, 0))
        after.move(move.before, move.now)
    _with_inodes(made)
    for folder in dict.fromkeys(paths.parent(one.before) for one in middle):
        _drop(made, folder, after)


def _folders_into_place(made: RenamePlan, after: _Listings) -> None:
    for move in made.folders:
        now = _back(move.now, [one for one in made.folders if one is not move and _is_above(one, move)])
        inode = inode_of(move.before)
        before = move.before
        if paths.is_inside(now, before):
            # Into itself: out of the way first.
            aside = paths.join(paths.parent(before), f"{TEMPORARY_PREFIX}{inode}")
            made.steps.append(Step("rename", before, aside, inode))
            after.move(before, aside)
            before = aside
        _make(made, paths.parent(now), after)
        made.steps.append(Step("rename", before, now, inode))
        after.move(before, now)
        if not paths.is_inside(now, paths.parent(move.before)):
            _drop(made, paths.parent(move.before), after)


def _make(made: RenamePlan, folder: str, after: _Listings) -> None:
    for one in after.make(folder):
        made.steps.append(Step("make", "", one))
        made.made.append(final(one, (), made.folders))


def _drop(made: RenamePlan, folder: str, after: _Listings) -> None:
    to_move = {one.before for one in made.folders}
    for one in after.drop(folder, to_move):
        made.steps.append(Step("drop", one, ""))
        made.dropped.append(one)


def _in_order(moves: Sequence[Move]) -> list[Move]:
    """The moves so that each finds its place empty; of a circle one goes to a name of its own first."""
    left = {one.before: one for one in moves}
    held = Counter(same_name(one.before) for one in moves)
    ordered: list[Move] = []
    last: list[Move] = []
    while left:
        free = [one for one in left.values() if not _holders(held, one)]
        for one in free or [next(iter(left.values()))]:
            del left[one.before]
            held[same_name(one.before)] -= 1
            if free:
                ordered.append(one)
                continue
            name = f"{TEMPORARY_PREFIX}{len(last)}-{inode_of(one.before)}"
            aside = paths.join(paths.parent(one.before), name)
            ordered.append(Move(one.before, aside))
            last.append(Move(aside, one.now))
    return [*ordered, *last]


def _holders(held: Counter[str], move: Move) -> int:
    """How many others still hold the name that a move wants."""
    name = same_name(move.now)
    return held[name] - (name == same_name(move.before))


def _with_inodes(made: RenamePlan) -> None:
    """Give the renames of files their inodes, those that go by a name in between too."""
    known: dict[str, int] = {}
    for number, step in enumerate(made.steps):
        if step.kind == "rename":
            inode = known.pop(step.before, 0) or inode_of(step.before)
            known[step.now] = inode
            made.steps[number] = Step("rename", step.before, step.now, inode)


def _back(path: str, folders: Sequence[Move]) -> str:
    """Where a final path lies while the folders have not moved yet."""
    inside = [one for one in folders if paths.is_inside(path, one.now)]
    if not inside:
        return path
    closest = max(inside, key=lambda one: (len(one.now), len(one.before)))
    return closest.before + path[len(closest.now) :]


def _is_above(outer: Move, inner: Move) -> bool:
    return paths.is_inside(inner.before, outer.before)


def _depth(path: str) -> int:
    return path.count("/")


def _check(made: RenamePlan, middle: Sequence[Move]) -> None:
    leaving = {one.before for one in made.moves} | {one.before for one in made.folders}
    root_device = None
    for move in (*made.moves, *made.folders):
        root_device = _check_source(made.root, move.before)
        _check_target(made.root, move.now, root_device)
    _refuse_doubles([*made.moves, *made.folders])
    _refuse_torn(made)
    for move, target in [*zip(made.moves, [one.now for one in middle], strict=True),
                         *((one, _folder_target(one, made.folders)) for one in made.folders)]:  # fmt: skip
        _refuse_taken(move, target, leaving)


def _folder_target(move: Move, folders: Sequence[Move]) -> str:
    return _back(move.now, [one for one in folders if one is not move and _is_above(one, move)])


def _check_source(root: str, path: str) -> int:
    """Refuse what is not there, a link, or outside; returns its file system."""
    shown = paths.readable(path)
    place = Path(paths.on_disk(path))
    try:
        found = place.lstat()
    except OSError as error:
        raise Refused(f"{shown} is not there (any more): {(error.strerror or '').lower()}") from None
    if stat.S_ISLNK(found.st_mode):
        raise Refused(f"{shown} is a link; what it leads to may be renamed, it itself may not")
    if not files.is_inside(place, Path(paths.on_disk(root))) or path == root:
        raise Refused(f"{shown} does not lie inside {paths.readable(root)}")
    return found.st_dev


def _check_target(root: str, path: str, device: int) -> None:
    shown = paths.readable(path)
    if (
        not paths.is_inside(path, root)
        or path == root
        or len(os.fsencode(paths.on_disk(path))) > _MAX_PATH_BYTES
    ):
        raise Refused(f"{shown} would not lie inside {paths.readable(root)}, or is too long a path")
    above = Path(paths.on_disk(paths.parent(path)))
    while not os.path.lexists(above):
        above = above.parent
    if not files.is_inside(above, Path(paths.on_disk(root))):
        raise Refused(f"{shown} would not lie inside {paths.readable(root)} once links are followed")
    if not above.is_dir():
        raise Refused(f"{paths.readable(paths.stored(str(above)))} is a file, and {shown} would lie below it")
    if above.stat().st_dev != device:
        raise Refused(f"{shown} would lie on another file system, and nothing is copied")


def _refuse_doubles(moves: Sequence[Move | MovedFile]) -> None:
    seen: dict[str, Move | MovedFile] = {}
    for move in moves:
        other = seen.setdefault(same_name(move.now), move)
        if other is not move:
            raise Refused(
                f"{paths.readable(other.before)} and {paths.readable(move.before)} "
                f"would both become {paths.readable(move.now)}"
            )


def _refuse_torn(made: RenamePlan) -> None:
    """Folders move after their files: nothing may be meant to lie where a folder is just leaving from."""
    for move in (*made.moves, *made.folders):
        for one in made.folders:
            stays = paths.is_inside(move.now, one.before) and not paths.is_inside(move.now, one.now)
            if one is not move and stays and not paths.is_inside(one.now, one.before):
                raise Refused(
                    f"{paths.readable(move.before)} would come to lie in {paths.readable(one.before)}, "
                    f"which itself becomes {paths.readable(one.now)}"
                )


def _refuse_taken(move: Move, target: str, leaving: set[str]) -> None:
    folder, name = paths.parent(target), same_name(paths.base_name(target))
    for there in listing(folder):
        path = paths.join(folder, there)
        if same_name(there) == name and path != move.before and path not in leaving:
            raise Refused(f"{paths.readable(move.before)} would become {paths.readable(move.now)}, "
                          f"but {paths.readable(path)} stands there already")  # fmt: skip


def _list_files(made: RenamePlan) -> None:
    """Every file that comes to lie elsewhere, by itself or with its folder."""
    seen: set[str] = set()
    sources = [one.before for one in made.moves]
    for folder in reversed(made.folders):
        sources += _below(folder.before)
    for path in sources:
        now = made.final(path)
        if path in seen or now == path:
            continue
        seen.add(path)
        found = Path(paths.on_disk(path)).lstat()
        inode = found.st_ino & 0x7FFF_FFFF_FFFF_FFFF
        made.files.append(MovedFile(path, now, found.st_size, found.st_mtime_ns, inode))


def _below(folder: str) -> Iterator[str]:
    for place, subfolders, names in os.walk(paths.on_disk(folder)):
        links = [one for one in subfolders if Path(place, one).is_symlink()]
        for name in sorted([*names, *links]):
            yield paths.join(paths.stored(place), paths.stored(name))


def _note_times(made: RenamePlan) -> None:
    touched: Mapping[str, None] = dict.fromkeys(
        folder
        for step in made.steps
        for path in (step.before, step.now)
        if path
        for folder in (paths.parent(path), *([path] if step.kind == "drop" else []))
    )
    for folder in touched:
        try:
            found = Path(paths.on_disk(folder)).stat()
        except OSError:
            continue  # It is made by the rename, or bears this name only in between.
        made.times[folder] = (stat.S_IMODE(found.st_mode), found.st_mtime_ns)
