"""Write a file beside the media: whole or not at all, inside its root, only when it changes something."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from queueapp.errors import Permanent
from queueapp.media.recycle import RecycleFolder

TEMPORARY_PREFIX = ".queueapp-"
#: A temporary file this old belongs to nobody who still runs.
_STALE_SECONDS = 3600
_READ_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Target:
    """Where to write: `root` is the library that must contain `path` once symlinks are resolved."""

    path: Path
    root: Path


class Stamp(NamedTuple):
    """What tells a file from a changed one, and what belongs to it besides its bytes."""

    size_bytes: int
    mtime_ns: int
    mode: int
    uid: int
    gid: int

    @classmethod
    def of(cls, path: Path) -> Stamp | None:
        """The stamp of a file; None when there is none."""
        try:
            found = path.stat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return cls(found.st_size, found.st_mtime_ns, stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)


@dataclass(frozen=True)
class Writer:
    """How to write: `confirm` runs right before the file is put in place and may refuse by raising."""

    recycle: RecycleFolder
    confirm: Callable[[], None]
    task_id: int | None = None
    #: Where the file lies now that stood at a place before the first change.
    kept: dict[Path, Path] = field(default_factory=dict)

    def write(self, target: Target, content: bytes) -> bool:
        """Put `content` at the target unless it stands there already; returns whether anything changed.

        The replaced file goes to the recycle folder; its mode and owner stay. Raises Permanent for a place
        outside the root, a vanished folder or one that may not be written.
        """
        if read(target) == content:
            return False
        with self._replacing(target) as file:
            file.write(content)
            _take_after(file.fileno(), target.path)
        return True

    def remove(self, target: Target) -> None:
        """Take a file away, into the recycle folder; one that is gone is fine. Raises Permanent."""
        if not target.path.is_file():
            return
        folder = _checked_folder(target)
        with _refusals_named(target.path):
            self.confirm()
            self._keep(target.path)
            target.path.unlink(missing_ok=True)
            sync_folder(folder)

    def put_back(self, target: Target, copy: Path, like: Stamp) -> None:
        """Have a kept file stand at the target again, with the mode, owner and time it had. Raises Permanent."""
        with self._replacing(target) as file, copy.open("rb") as source:
            shutil.copyfileobj(source, file)
            file.flush()
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), like.uid, like.gid)
            os.fchmod(file.fileno(), like.mode)
            os.utime(file.fileno(), ns=(like.mtime_ns, like.mtime_ns))

    @contextlib.contextmanager
    def _replacing(self, target: Target) -> Iterator[BinaryIO]:
        """A new file that takes the target's place once it is written; until then nobody sees it."""
        folder = _checked_folder(target)
        with _refusals_named(target.path):
            _remove_stale_temporaries(folder)
            handle, name = tempfile.mkstemp(dir=folder, prefix=TEMPORARY_PREFIX, suffix=".tmp")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                self.confirm()
                if target.path.is_file():
                    self._keep(target.path)
                temporary.replace(target.path)
            finally:
                temporary.unlink(missing_ok=True)
            sync_folder(folder)

    def _keep(self, path: Path) -> None:
        copy = self.recycle.keep(path, self.task_id)
        self.kept.setdefault(path, copy)

    def make_folder(self, target: Target) -> None:
        """Create a folder (such as `.actors`) whose parent exists; one that is there is fine."""
        if target.path.is_dir():
            return
        parent = _checked_folder(target)
        with _refusals_named(target.path):
            self.confirm()
            target.path.mkdir(exist_ok=True)
            target.path.chmod(stat.S_IMODE(parent.stat().st_mode))
            _own_like(target.path, parent)


def read(target: Target) -> bytes | None:
    """What stands at the target now; None when there is nothing, or a link that leads out of the root."""
    with _refusals_named(target.path):
        try:
            if not is_inside(target.path, target.root) or target.path.stat().st_size > _READ_LIMIT:
                return None
            return target.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


def is_inside(path: Path, root: Path) -> bool:
    """Whether `path` lies in `root` after both are resolved."""
    real, real_root = os.path.realpath(path), os.path.realpath(root)
    return real == real_root or real.startswith(real_root.rstrip("/") + "/")


def _checked_folder(target: Target) -> Path:
    folder = target.path.parent
    if not folder.is_dir():
        raise Permanent(f"the folder {_shown(folder)} is not there any more")
    if not is_inside(folder, target.root):
        raise Permanent(f"{_shown(target.path)} would be written outside {_shown(target.root)}")
    if target.path.is_dir():
        raise Permanent(f"{_shown(target.path)} is a folder")
    return folder


def _take_after(handle: int, path: Path) -> None:
    """Give the new file the mode and owner of the one it replaces, else those usual in its folder."""
    try:
        model = path.stat()
        mode = stat.S_IMODE(model.st_mode)
    except FileNotFoundError:
        model = path.parent.stat()
        mode = stat.S_IMODE(model.st_mode) & 0o666
    os.fchmod(handle, mode)
    with contextlib.suppress(PermissionError):
        os.fchown(handle, model.st_uid, model.st_gid)


def _own_like(path: Path, model: Path) -> None:
    with contextlib.suppress(PermissionError):
        os.chown(path, model.stat().st_uid, model.stat().st_gid)


def _remove_stale_temporaries(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if (
                entry.name.startswith(TEMPORARY_PREFIX)
                and entry.stat().st_mtime < time.time() - _STALE_SECONDS
            ):
                with contextlib.suppress(FileNotFoundError):
                    Path(entry).unlink()


def sync_folder(folder: Path) -> None:
    """Have a rename in a folder on the disk, where its file system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # Some network file systems refuse it; the rename itself has happened.
    finally:
        os.close(handle)


@contextlib.contextmanager
def _refusals_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (PermissionError, FileNotFoundError) as error:
        raise Permanent(f"cannot write {_shown(path)}: {error.strerror}") from error


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
