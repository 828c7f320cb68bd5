"""Folders that cannot be listed.

Root may list any folder, whatever its mode, and tests run as root too. So beside taking the mode away,
listing is refused in os.scandir, with the very error the system gives to others.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Refusals:
    """Stands in for os.scandir and refuses some folders."""

    def __init__(self, scandir: Callable[..., Any]) -> None:
        self._scandir = scandir
        self._refused: list[Path] = []

    def refuse(self, folder: Path) -> None:
        """Let this folder be unreadable from now on."""
        folder.chmod(0)
        self._refused.append(folder)

    def allow_all(self) -> None:
        """Make all folders readable again."""
        for folder in self._refused:
            folder.chmod(0o755)
        self._refused.clear()

    def __call__(self, path: Any = ".") -> Any:
        place = os.fspath(path)
        if any(place == os.fspath(folder) for folder in self._refused):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), place)
        return self._scandir(path)
