"""The embedded Redis: a Unix socket, a password, and the append-only file on."""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis

from queueapp import processes
from queueapp.embedded.account import Account
from queueapp.embedded.layout import Layout, reachable_program
from queueapp.embedded.programs import redis_program
from queueapp.errors import RedisUnavailable
from queueapp.files import write_private

START_PATIENCE_SECONDS = 30.0
STOP_PATIENCE_SECONDS = 10.0


class RedisServer:
    """One Redis server in the folder of an instance."""

    def __init__(self, layout: Layout, account: Account) -> None:
        self.layout = layout
        self.account = account
        self.folder = layout.home / "redis"
        self.socket = layout.sockets / "redis.sock"
        self.log = layout.logs / "redis.log"
        self.pid_file = layout.home / "redis.pid"
        self.secret_file = layout.data_dir / "redis.key"
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its first database, password included."""
        return f"unix://:{self._password()}@{quote(str(self.socket), safe='/')}?db=0"

    def start(self) -> None:
        """Start the server; returns when it answers. Raises RedisUnavailable when it does not.

        Redis only carries what PostgreSQL knows, so a damaged append-only file is put aside.
        """
        processes.end_survivor(self.pid_file, signal.SIGTERM, STOP_PATIENCE_SECONDS)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.account.own(self.folder)
        program = reachable_program(redis_program(), self.account)
        self._write_configuration()
        self._spawn(program)
        if not self._becomes_ready() and self._put_damaged_file_aside():
            self._spawn(program)
        if not self._becomes_ready():
            self.stop()
            raise RedisUnavailable(f"the embedded Redis did not start: {self._complaint()} (see {self.log})")

    def stop(self) -> None:
        """Stop the server; it writes its file first."""
        if self.child is not None:
            processes.stop(self.child, signal.SIGTERM, STOP_PATIENCE_SECONDS)
            self.child = None
        self.pid_file.unlink(missing_ok=True)

    def _password(self) -> str:
        if not self.secret_file.exists():
            write_private(self.secret_file, secrets.token_urlsafe(24), keep_existing=True)
        return self.secret_file.read_text(encoding="ascii").strip()

    def _write_configuration(self) -> None:
        settings = {
            "port": "0",
            "unixsocket": f'"{self.socket}"',
            "unixsocketperm": "700",
            "dir": f'"{self.folder}"',
            "requirepass": self._password(),
            "databases": "64",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        path = self.folder / "redis.conf"
        write_private(path, "".join(f"{key} {value}\n" for key, value in settings.items()))
        self.account.own(path)

    def _spawn(self, program: Path) -> None:
        self.socket.unlink(missing_ok=True)
        with self.log.open("wb") as output:
            self.child = processes.spawn(
                [str(program), str(self.folder / "redis.conf")],
                death_signal=signal.SIGTERM,
                output=output,
                pid_file=self.pid_file,
                cwd="/",
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                **self.account.popen_options(),
            )

    def _becomes_ready(self) -> bool:
        """Wait until it answers a PING; False when it ended or time is up."""
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            while self.child is not None and self.child.poll() is None and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return True
        return False

    def _put_damaged_file_aside(self) -> bool:
        if (
            "append only file" not in self._log_text().lower()
            or "bad file format" not in self._log_text().lower()
        ):
            return False
        kept = f"damaged-{int(time.time())}"
        for found in [*self.folder.glob("appendonly*")]:
            found.rename(found.with_name(f"{kept}-{found.name}"))
        return True

    def _log_text(self) -> str:
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]
        except OSError:
            return ""

    def _complaint(self) -> str:
        lines = [line for line in self._log_text().splitlines() if " # " in line or "***" in line]
        return lines[-1].strip() if lines else "it ended without a word"
