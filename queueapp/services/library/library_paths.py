"""Which folders may become libraries, and which paths requests may name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from queueapp.config import Settings
from queueapp.errors import PathRefused
from queueapp.media import paths

#: Folders of the system: they and all below them hold no media.
_SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin",
    "/sys", "/usr", "/var/backups", "/var/cache", "/var/lib", "/var/log", "/var/spool",
)  # fmt: skip
#: Where desktops mount disks, though it lies below /run.
_MOUNTS = ("/run/media",)
#: Refused themselves, while folders below them are fine.
_TOO_WIDE = ("/", "/home", "/var", "/tmp")  # noqa: S108
_HOME = re.compile(r"^/home/[^/]+")
#: Under the data directory only the demo's library is media.
DEMO_FOLDER = "demo"


def checked_path(text: str) -> str:
    """The stored form of a path in a request, without needless slashes; PathRefused if malformed."""
    if not text or "\x00" in text:
        raise PathRefused("a path must not be empty or hold a NUL character")
    if not text.startswith("/"):
        raise PathRefused(f"the path must be absolute, starting with '/': {text}")
    parts = [one for one in text.split("/") if one not in ("", ".")]
    if ".." in parts:
        raise PathRefused("a path must not hold '..'")
    return paths.stored("/" + "/".join(parts))


def checked_folder(text: str) -> str:
    """As `checked_path`, of a folder that is there and can be read."""
    path = checked_path(text)
    place = paths.on_disk(path)
    try:
        there = Path(place).is_dir()
        exists = there or Path(place).exists()
    except OSError as error:
        raise PathRefused(f"{path} cannot be looked at: {(error.strerror or '').lower()}") from None
    if not exists:
        raise PathRefused(f"there is no folder {path}")
    if not there:
        raise PathRefused(f"{path} is not a folder")
    if not os.access(place, os.R_OK | os.X_OK):
        raise PathRefused(f"{path} cannot be read by the user queueapp runs as")
    return path


def library_folder(settings: Settings, text: str) -> str:
    """A folder that may become a library: any readable one but system folders and the data directory."""
    path = checked_folder(text)
    target = resolved(path)
    if target in _TOO_WIDE or (_below(target, _SYSTEM) and not _below(target, _MOUNTS)):
        raise PathRefused(
            f"{path} is a folder of the system; choose the folder that holds the films or series"
        )
    data_dir = resolved(str(settings.data_dir))
    demo = paths.join(data_dir, DEMO_FOLDER)
    if paths.is_inside(data_dir, target) or (
        paths.is_inside(target, data_dir) and not paths.is_inside(target, demo)
    ):
        raise PathRefused(f"{path} holds, or lies in, the data directory of queueapp")
    if _is_other_home(target) and not _below(target, allowed_roots(settings)):
        raise PathRefused(f"{path} lies in another user's home; list it in paths.allowed_roots to allow it")
    return path


def allowed_roots(settings: Settings) -> list[str]:
    """The folders of `paths.allowed_roots`, resolved."""
    return [resolved(str(one)) for one in settings.paths.allowed_roots]


def resolved(path: str) -> str:
    """A stored path with all its links followed."""
    return paths.stored(os.path.realpath(paths.on_disk(path)))


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(paths.is_inside(path, one) for one in folders)


def _is_other_home(path: str) -> bool:
    home = os.path.realpath(Path.home())
    found = _HOME.match(path)
    theirs = found[0] if found else ("/root" if paths.is_inside(path, "/root") else "")
    return bool(theirs) and not paths.is_inside(path, home)
