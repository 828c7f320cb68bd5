"""The embedded PostgreSQL: made once, then started and stopped with the instance.

It listens on a Unix socket only, and lets in only who runs as our own operating system account (peer).
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from queueapp import processes
from queueapp.embedded.account import Account, current_user
from queueapp.embedded.layout import Layout, reachable_programs
from queueapp.embedded.programs import postgres_folder
from queueapp.errors import ConfigError, DatabaseUnavailable

#: The role the application uses: may create databases, is no superuser. Also its database's name.
ROLE = "queueapp"
START_PATIENCE_SECONDS = 120.0
STOP_PATIENCE_SECONDS = 20.0
#: As a leftover of a kill -9 ends, the old shared memory may be held for a moment.
ATTEMPTS = 20
FIRST_SQL = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\n\nCREATE DATABASE {ROLE} OWNER {ROLE};\n\n"
SETTINGS: dict[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


class Postgres:
    """One PostgreSQL server in the folder of an instance."""

    def __init__(self, layout: Layout, account: Account, settings: dict[str, str] | None = None) -> None:
        self.layout = layout
        self.account = account
        self.settings = SETTINGS | (settings or {})
        self.cluster = layout.home / "postgres"
        self.log = layout.logs / "postgres.log"
        self.pid_file = layout.home / "postgres.pid"
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The libpq URL of the application's database."""
        return f"postgresql://{ROLE}@/{ROLE}?host={quote(str(self.layout.sockets), safe='/')}"

    def start(self) -> None:
        """Start the server, making its data first if there is none; returns when it takes connections.

        Raises ConfigError when it cannot be made, DatabaseUnavailable when it does not start.
        """
        programs = reachable_programs(postgres_folder(), self.account)
        processes.end_survivor(self.pid_file, signal.SIGINT, STOP_PATIENCE_SECONDS)
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster(programs)
        self._write_configuration()
        self._remove_stale_locks()
        for _ in range(ATTEMPTS):
            self._spawn(programs)
            if self._becomes_ready():
                return
            if "pre-existing shared memory block" not in self._log_tail():
                break
            time.sleep(0.5)
        self.stop()
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL did not start: {self._complaint()} (see {self.log})"
        )

    def stop(self) -> None:
        """Stop the server: fast, all transactions rolled back, data flushed."""
        if self.child is not None:
            processes.stop(self.child, signal.SIGINT, STOP_PATIENCE_SECONDS)
            self.child = None
        self.pid_file.unlink(missing_ok=True)

    def _make_cluster(self, programs: Path) -> None:
        """Make the data beside its place and move it there when whole: a killed start leaves nothing half."""
        fresh = self.cluster.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.account.own(fresh)
        initdb = [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=peer", "-E", "UTF8"]
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        self._run(initdb + locale)
        self._run([str(programs / "postgres"), "--single", "-j", "-D", str(fresh), "postgres"], FIRST_SQL)
        fresh.rename(self.cluster)

    def _run(self, command: list[str], sql: str = "") -> None:
        done = subprocess.run(
            command, input=sql, text=True, capture_output=True, cwd="/", env={"LC_ALL": "C"}, check=False,
            **self.account.popen_options(),
        )  # type: ignore[call-overload]  # fmt: skip
        if done.returncode != 0:
            reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            raise ConfigError(f"cannot make the embedded database in {self.cluster}: {reason}")

    def _write_configuration(self) -> None:
        settings = self.settings | {"unix_socket_directories": f'"{self.layout.sockets}"'}
        lines = [f"{name} = '{value}'" for name, value in settings.items()]
        user = current_user()
        self._write("postgresql.conf", "\n".join(lines))
        self._write("pg_hba.conf", f"local all {ROLE} peer map={ROLE}\nlocal all all reject")
        self._write("pg_ident.conf", f'{ROLE} "{user}" {ROLE}')

    def _write(self, name: str, text: str) -> None:
        path = self.cluster / name
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o600)
        self.account.own(path)

    def _remove_stale_locks(self) -> None:
        """Remove what a killed server leaves; we hold the instance and have ended every survivor.

        PostgreSQL would take a number that is used again, or never reaped, for a server still alive.
        """
        for stale in (self.cluster / "postmaster.pid", *self.layout.sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)

    def _spawn(self, programs: Path) -> None:
        with self.log.open("wb") as output:
            self.child = processes.spawn(
                [str(programs / "postgres"), "-D", str(self.cluster)],
                death_signal=signal.SIGINT,
                output=output,
                pid_file=self.pid_file,
                cwd="/",
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                **self.account.popen_options(),
            )

    def _becomes_ready(self) -> bool:
        """Wait until a connection succeeds; False when the server ended or time is up."""
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while self.child is not None and self.child.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _log_tail(self) -> str:
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]
        except OSError:
            return ""

    def _complaint(self) -> str:
        found = re.findall(r"(?:FATAL|PANIC|ERROR):\s+(.*)", self._log_tail())
        return found[-1] if found else "it ended without a word"
