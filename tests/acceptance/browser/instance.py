"""A whole queueapp, as `queueapp up` starts it, for tests that look at it through a browser."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse battery"


class Instance:
    """Real PostgreSQL, Redis, gunicorn, workers and scheduler in one folder."""

    def __init__(
        self, folder: Path, *, files: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._more = dict(environ or {})
        self.foreign_port = _free_port()
        self.data_dir = folder / "data"
        self._log = folder / "up.log"
        #: Paths in requests may lie here.
        self.files = files or folder / "files"
        self.files.mkdir()
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._key = ""

    def start(self) -> None:
        """Start everything and wait until it can work."""
        options = ["--port", str(self.port), "--processes", "1", "--threads", "4", "--no-demo"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("up", *options), env=self._environ(), cwd=ROOT, stdout=log, stderr=log
            )
        eventually(self._is_ready, 120, what="the instance being ready")
        made = subprocess.run(
            self._command("apikey", "create", "--role", "admin", "--json"),
            env=self._environ(), cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        self._key = json.loads(made.stdout)["key"]

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(60) == 0, self._log.read_text()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of an API call, which must succeed."""
        status, answer = self._ask(method, path, body)
        assert status < 300, (status, answer)
        return answer

    def enqueue(self, operation: str, *payloads: dict[str, Any], **fields: Any) -> int:
        """Create a task; returns its id."""
        task = {"type": operation, "items": list(payloads), **fields}
        return int(self.call("POST", "/api/queues/tasks", task)["task_id"])

    def fail(self, title: str) -> int:
        """Create a task and wait until it has failed; returns its id."""
        broken = self.files / "broken.mkv"
        broken.write_text("this is no video")
        task_id = self.enqueue("analyze", {"path": str(broken)}, title=title)
        eventually(lambda: self.task(task_id)["status"] == "failed", 30, what="the task having failed")
        return task_id

    def task(self, task_id: int) -> Any:
        """A task as the API shows it."""
        return self.call("GET", f"/api/queues/{task_id}")

    def sse_clients(self) -> int:
        """How many event streams the server has open."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/metrics", headers={"X-Api-Key": self._key})
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.search(r"^queueapp_sse_clients_of_this_process (\d+)", text, re.MULTILINE)
        assert found, text
        return int(found[1])

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"X-Api-Key": self._key, "Content-Type": "application/json"} if self._key else {}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            content = response.read()
        return response.status, json.loads(content) if content else None

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        try:
            return self._ask("GET", "/ready")[0] == 200
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "queueapp", "--data-dir", str(self.data_dir), *arguments]

    def _environ(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("QUEUEAPP_", "PORT"))
        }
        kept.pop("DATABASE_URL", None)
        kept.pop("REDIS_URL", None)
        origins = json.dumps([f"http://127.0.0.1:{self.foreign_port}"])
        return kept | {
            "QUEUEAPP_ADMIN_PASSWORD": PASSWORD,
            "QUEUEAPP_WORKER__NICENESS": "0",
            "QUEUEAPP_WEB__EMBED_ORIGINS": origins,
            "QUEUEAPP_PATHS__ALLOWED_ROOTS": json.dumps([str(self.files)]),
            **self._more,
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
