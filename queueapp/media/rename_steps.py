"""The single moves that a rename consists of: each is done at once or not at all, and each can be taken back."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from queueapp.errors import Permanent
from queueapp.media import files, paths

#: A name that a file bears for a moment, when two files change places; a scan passes hidden files over.
TEMPORARY_PREFIX = ".renaming-"

_NO_REPLACE = 1
_HERE = -100
#: What a file system or kernel answers that knows no rename without replacing.
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One move; paths in the stored form, `inode` that of what is renamed.

    `make` makes the folder `now`, `drop` takes the empty folder `before` away.
    """

    kind: Literal["rename", "make", "drop"]
    before: str = ""
    now: str = ""
    inode: int = 0

    @property
    def reversed(self) -> Step:
        """The step that takes this one back."""
        kinds: dict[str, Literal["rename", "make", "drop"]] = {"make": "drop", "drop": "make"}
        return Step(kinds.get(self.kind, "rename"), self.now, self.before, self.inode)

    def as_json(self) -> list[Any]:
        """The step as the journal keeps it; `Step(*…)` reads it back."""
        return [self.kind, self.before, self.now, self.inode]


def carry_out(step: Step, root: str) -> None:
    """Do one step inside `root`; one that is done already stays so. Raises Permanent, and nothing was done."""
    if step.kind == "rename":
        _rename(step, root)
    elif step.kind == "make":
        _make(step.now, root)
    else:
        _drop(step.before, root)


def take_back(steps: Sequence[Step], root: str) -> None:
    """Undo steps that were carried out in this order, the last one first. Raises Permanent."""
    for step in reversed(steps):
        carry_out(step.reversed, root)


def reversed_steps(steps: Sequence[Step]) -> list[Step]:
    """The steps that lead back."""
    return [step.reversed for step in reversed(steps)]


def done_so_far(steps: Sequence[Step]) -> int:
    """How many of the steps, which are done in order, are done: told by what lies where, after any crash.

    Steps after the last rename that is done may be done too; doing those again changes nothing.
    """
    renames = [step for step in steps if step.kind == "rename"]
    in_between = {step.before for step in renames} & {step.now for step in renames}
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        if step.kind == "rename" and _is_done(step, in_between):
            return number + 1
    return 0


def inode_of(path: str) -> int:
    """What tells a file from all others on its file system, as it is stored."""
    return Path(paths.on_disk(path)).lstat().st_ino & 0x7FFF_FFFF_FFFF_FFFF


def _is_done(step: Step, in_between: Collection[str] = ()) -> bool:
    try:
        if inode_of(step.now) == step.inode:
            return True
    except OSError:
        return False
    # Some network file systems number files anew; there the former place must be empty. Of names that several
    # files bear one after another that says nothing.
    is_passed_on = step.before in in_between or step.now in in_between
    return not is_passed_on and not os.path.lexists(paths.on_disk(step.before))


def _rename(step: Step, root: str) -> None:
    before, now = paths.on_disk(step.before), paths.on_disk(step.now)
    _refuse_outside(before, root)
    _refuse_outside(now, root)
    try:
        _rename_without_replacing(before, now)
    except OSError as error:
        if error.errno == errno.ENOENT and _is_done(step):
            return  # Another attempt at the same item, believed dead, was quicker.
        raise Permanent(_refusal(error, step)) from None
    files.sync_folder(Path(now).parent)
    if Path(before).parent != Path(now).parent and Path(before).parent.is_dir():
        files.sync_folder(Path(before).parent)


def _rename_without_replacing(before: str, now: str) -> None:
    done = _LIBC.renameat2(_HERE, os.fsencode(before), _HERE, os.fsencode(now), _NO_REPLACE)
    if done == 0:
        return
    code = ctypes.get_errno()
    if code == errno.EEXIST and _is_same(before, now):
        # Only the case of letters changes, on a file system to which both are one name.
        Path(before).rename(now)
        return
    if code not in _UNKNOWN:
        raise OSError(code, os.strerror(code))
    if os.path.lexists(now) and not _is_same(before, now):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    Path(before).rename(now)


def _is_same(before: str, now: str) -> bool:
    """Whether both names are spellings of one entry; two hard links are not."""
    old, new = Path(before), Path(now)
    try:
        is_same = old.parent == new.parent and old.samefile(new)
        return is_same and all(one.name != new.name for one in new.parent.iterdir())
    except OSError:
        return False


def _refusal(error: OSError, step: Step) -> str:
    what = f"{paths.readable(step.before)} to {paths.readable(step.now)}"
    if error.errno == errno.EEXIST:
        return f"cannot rename {what}: something stands there already"
    if error.errno == errno.ENOENT:
        return f"cannot rename {what}: it is not there (any more)"
    if error.errno == errno.EXDEV:
        return f"cannot rename {what}: that is another file system, and nothing is copied"
    return f"cannot rename {what}: {(error.strerror or '').lower()}"


def _make(path: str, root: str) -> None:
    place = Path(paths.on_disk(path))
    if place.is_dir():
        return
    _refuse_outside(str(place), root)
    try:
        place.mkdir()
        like = place.parent.stat()
        place.chmod(stat.S_IMODE(like.st_mode))
        with contextlib.suppress(PermissionError):
            os.chown(place, like.st_uid, like.st_gid)
    except OSError as error:
        raise Permanent(f"cannot make {paths.readable(path)}: {(error.strerror or '').lower()}") from None
    files.sync_folder(place.parent)


def _drop(path: str, root: str) -> None:
    place = Path(paths.on_disk(path))
    _refuse_outside(str(place), root)
    # Somebody may have put something into it meanwhile: then it stays.
    with contextlib.suppress(OSError):
        place.rmdir()


def _refuse_outside(path: str, root: str) -> None:
    if not files.is_inside(Path(path).parent, Path(paths.on_disk(root))):
        raise Permanent(f"{paths.readable(paths.stored(path))} does not lie inside {paths.readable(root)}")
