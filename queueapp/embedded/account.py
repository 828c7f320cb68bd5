"""Which operating system account runs the servers, and what that account can reach.

PostgreSQL refuses to run as root. So as root an unprivileged account owns the servers and their data.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from queueapp.errors import ConfigError

#: The first of these accounts that exists runs the servers when we are root.
CANDIDATES = ("queueapp", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An account of the operating system; `switch` says that we must change to it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, object]:
        """What `subprocess` needs to run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Make this account the owner of `path`."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may pass through `folder` and all its parents."""
        if not self.switch:
            return True
        probe = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        try:
            done = subprocess.run(probe, stderr=subprocess.DEVNULL, cwd="/", **self.popen_options())  # type: ignore[call-overload]
        except (OSError, subprocess.SubprocessError) as error:
            raise ConfigError(f"cannot run the servers as account {self.name}: {error}") from None
        return bool(done.returncode == 0)


def current_user() -> str:
    """The name of the account that this process runs as; raises ConfigError when it has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ConfigError(
            f"user id {os.geteuid()} has no account name, which PostgreSQL needs: "
            "add one to /etc/passwd, or set DATABASE_URL and REDIS_URL"
        ) from None


def server_account() -> Account:
    """The account that runs the servers: our own, or as root the first of CANDIDATES."""
    if os.geteuid() != 0:
        return Account(current_user(), os.geteuid(), os.getegid(), switch=False)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, switch=True)
    raise ConfigError(
        f"PostgreSQL does not run as root: add an account named {CANDIDATES[0]}, or set DATABASE_URL"
    )
