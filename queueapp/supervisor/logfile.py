"""A child's log: the child itself appends to it, we keep it from growing without end and read what is new."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import IO

LARGEST_BYTES = 10 * 1024 * 1024
KEPT = 3


class LogFile:
    """A log in append mode, so that it can be cut while its writer goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = path.stat().st_size if path.exists() else 0

    def open(self) -> IO[bytes]:
        """The file for a child to write to."""
        return self.path.open("ab")

    def rotate_if_large(self) -> None:
        """Past LARGEST_BYTES: copy it to `<name>.1`, older ones move on, and empty it."""
        if not self.path.exists() or self.path.stat().st_size < LARGEST_BYTES:
            return
        with contextlib.suppress(OSError):  # no room for a copy: all the more reason to empty it
            self._keep_copy()
        with self.path.open("rb+") as file:
            file.truncate(0)
        self._read_to = 0

    def _keep_copy(self) -> None:
        for number in range(KEPT - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))

    def new_lines(self) -> list[str]:
        """The whole lines written since the last call."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                text = file.read(1024 * 1024)
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def last_lines(self, count: int = 5) -> list[str]:
        """The end of the log, for a message about a death."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - 8192))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-count:]
