"""A disk that can be filled: a file system of its own where mounting is allowed, else a bound on the size of files.

To a server both look alike: a write fails because there is no room.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from tests.acceptance.instances import Instance

SIZE_MIB = 400
#: Smaller than what the servers have written already, so that whatever grows is refused.
BOUND_BYTES = 64 * 1024


class Disk(Protocol):
    """Holds an instance's data directory."""

    folder: Path
    #: how HTTP may refuse while it is full
    answers: frozenset[int]

    def fill(self, instance: Instance) -> None:
        """Leave no room."""

    def empty(self, instance: Instance) -> None:
        """Give room again."""


class SmallFileSystem:
    """A file system in memory with a ballast file."""

    answers = frozenset({503})

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, instance: Instance) -> None:
        """Write until nothing fits any more."""
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(2**16))
        with contextlib.suppress(OSError), (self.folder / "crumbs").open("wb", buffering=0) as crumbs:
            while True:
                crumbs.write(b"x")

    def empty(self, instance: Instance) -> None:
        """Remove the ballast."""
        for name in ("ballast", "crumbs"):
            (self.folder / name).unlink(missing_ok=True)


class BoundFiles:
    """An ordinary folder; full means that no process of the instance may write beyond a place in any file.

    PostgreSQL calls that an internal error, and not one of the disk.
    """

    answers = frozenset({500, 503})

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, instance: Instance) -> None:
        """Bound every process; what they start inherits it."""
        self._bound(instance, BOUND_BYTES)

    def empty(self, instance: Instance) -> None:
        """Lift the bound."""
        self._bound(instance, psutil.RLIM_INFINITY)

    def _bound(self, instance: Instance, size: int) -> None:
        assert instance.process
        for process in [psutil.Process(instance.process.pid), *instance.children()]:
            with contextlib.suppress(psutil.Error):
                process.rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))


@contextmanager
def small_disk(data_dir: Path) -> Iterator[Disk]:
    """A disk of its own below `data_dir`, or a folder with bounded files where nothing may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir=data_dir))
    folder.chmod(0o711)
    options = ["-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0711", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
    if not mounted and os.geteuid() == 0:
        pytest.skip("root may neither mount a file system here nor bound the files of another account")
    try:
        yield SmallFileSystem(folder) if mounted else BoundFiles(folder)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
