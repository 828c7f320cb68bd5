"""Whole instances for tests: `queueapp up` as a person starts it, and the means to use, stop and kill it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import psutil

from queueapp.processes import alive
from tests.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
QUEUEAPP = [sys.executable, "-m", "queueapp"]
#: Seconds that everything may take to start on a busy machine.
START_SECONDS = 60
STOP_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**more: str) -> dict[str, str]:
    """Our environment without settings of queueapp; workers do not step back, for tests beside them are no pages."""
    ours = ("QUEUEAPP_", "DATABASE_URL", "REDIS_URL", "PORT", "HOST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"COLUMNS": "200", "QUEUEAPP_WORKER__NICENESS": "0"} | more


def run_command(
    *arguments: str, data_dir: Path, timeout: float = 60, **environ: str
) -> subprocess.CompletedProcess[str]:
    """One command of the command line on the instance in `data_dir`."""
    return subprocess.run(
        [*QUEUEAPP, "--data-dir", str(data_dir), *arguments],
        cwd=REPOSITORY,
        env=clean_environment(**environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Instance:
    """An instance in a data directory, running or not."""

    def __init__(self, data_dir: Path, **environ: str) -> None:
        self.data_dir = data_dir
        self.environ = environ
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[str] = []
        self._key: str | None = None
        # One for all requests: each new client reads every certificate of the system.
        self._client = httpx.Client()

    @property
    def output(self) -> str:
        """All that it has printed."""
        return "\n".join(self.lines)

    def start(self, *arguments: str, ready: bool = True) -> Instance:
        """Start `queueapp up`, and wait until it can do its work."""
        self.lines = []
        self.process = subprocess.Popen(
            [*QUEUEAPP, "--data-dir", str(self.data_dir), "up", "--port", str(self.port), *arguments],
            cwd=REPOSITORY,
            env=clean_environment(**self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=[self.process], daemon=True).start()
        if ready:
            eventually(self.is_ready, seconds=START_SECONDS, every=0.1, what=f"ready; it said: {self.lines}")
        return self

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            self.lines.extend(line.rstrip("\n") for line in output)

    def is_ready(self) -> bool:
        """Whether web, database, Redis and a worker are there."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"it ended with status {self.process.returncode}: {self.output}")
        try:
            return self._client.get(f"{self.url}/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """One command on this instance."""
        return run_command(*arguments, data_dir=self.data_dir, timeout=timeout, **self.environ)

    def json(self, *arguments: str) -> Any:
        """What a reading command prints with --json."""
        done = self.command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def api(self, method: str, path: str, expect: int | None = None, **request: Any) -> Any:
        """A request with an admin's key; the answer's JSON."""
        if self._key is None:
            self._key = self.json("apikey", "create", "--role", "admin")["key"]
        answer = self._client.request(
            method, f"{self.url}{path}", headers={"X-Api-Key": self._key}, timeout=30, **request
        )
        if expect is not None:
            assert answer.status_code == expect, answer.text
        return answer.json()

    def wait_for(self, task_id: int, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until a task has one of the statuses (or any final one), and return it."""
        wanted = statuses or ("completed", "failed", "canceled")

        def look() -> dict[str, Any] | None:
            try:
                task = self.api("GET", f"/api/queues/{task_id}")
            except (httpx.TransportError, ValueError):
                return None
            return task if task.get("status") in wanted else None

        found = eventually(look, seconds=seconds, every=0.1, what=f"task {task_id} being {wanted}")
        assert found is not None
        return found

    def children(self, word: str = "") -> list[psutil.Process]:
        """Its processes whose command line holds `word`, all the way down."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if word in " ".join(child.cmdline()):
                    found.append(child)
        return found

    def supervised(self) -> dict[str, int]:
        """The process numbers of its services, by name."""
        noted = (self.data_dir / "run").glob("*.pid")
        return {path.stem: json.loads(path.read_text())["pid"] for path in noted if path.read_text()}

    def kill_everything(self) -> None:
        """kill -9 of every process of the instance at once."""
        assert self.process is not None
        family = self.children()
        for member in [self.process, *family]:
            with contextlib.suppress(psutil.Error):
                member.kill()
        self.process.wait()
        eventually(lambda: not any(alive(member.pid) for member in family), what="the end of everything")

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)

    def close(self) -> None:
        """End it in whatever state it is."""
        self._client.close()
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill_everything()
