"""One instance a data directory: a lock on a file, which ends with its process however that dies."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from queueapp.errors import ConfigError, QueueAppError

LOCK_FILE = "instance.lock"
#: How long a command waits for another command on the same data directory to end, in seconds.
COMMAND_PATIENCE_SECONDS = 60.0


class InstanceRunning(QueueAppError):
    """Another process already runs this instance; `holder` is what it wrote about itself."""

    def __init__(self, data_dir: Path, holder: dict[str, Any]) -> None:
        what = "instance" if holder.get("role") == "up" else "command"
        super().__init__(
            f"another {what} is already using {data_dir} (process {holder.get('pid', 'unknown')});"
            " stop it, or choose another --data-dir"
        )
        self.holder = holder


@contextmanager
def locked(data_dir: Path, role: str, **about: Any) -> Iterator[None]:
    """Hold the data directory; `role` is `up` or `command`.

    Waits while another command holds it; raises InstanceRunning when an `up` does, ConfigError when the
    directory cannot be written.
    """
    with _open_lock(data_dir) as file:
        _acquire(file, data_dir)
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"pid": os.getpid(), "role": role, **about}))
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def holder_of(data_dir: Path) -> dict[str, Any] | None:
    """What the process that holds the data directory wrote about itself, or None when nobody holds it."""
    path = data_dir / LOCK_FILE
    try:
        with path.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file)
    except OSError:
        return None
    return None


def make_data_dir(data_dir: Path) -> None:
    """Create the data directory, not listable by others; raises ConfigError when it cannot be written."""
    try:
        if not data_dir.exists():
            data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        mode = stat.S_IMODE(data_dir.stat().st_mode)
    except OSError as error:
        raise _unwritable(data_dir, error.strerror) from None
    # Root may write anywhere; who marks a folder read-only means it all the same.
    if not mode & 0o200 or not os.access(data_dir, os.W_OK | os.X_OK):
        raise _unwritable(data_dir, f"it is read-only (mode {mode:04o})")


def _unwritable(data_dir: Path, reason: str | None) -> ConfigError:
    return ConfigError(f"cannot use the data directory {data_dir}: {reason}; choose another with --data-dir")


def _open_lock(data_dir: Path) -> IO[str]:
    make_data_dir(data_dir)
    try:
        handle = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(data_dir, error.strerror) from None
    return os.fdopen(handle, "r+", encoding="utf-8")


def _acquire(file: IO[str], data_dir: Path) -> None:
    deadline = time.monotonic() + COMMAND_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _read(file)
            if holder.get("role") == "up" or time.monotonic() > deadline:
                raise InstanceRunning(data_dir, holder) from None
            time.sleep(0.05)


def _read(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    try:
        return dict(json.loads(file.read() or "{}"))
    except ValueError:
        return {}
