"""A real gunicorn with the web application, and a reader of its event streams."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from queueapp.config import Settings
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WebServer:
    """gunicorn as the Procfile starts it."""

    def __init__(self, settings: Settings, key: str) -> None:
        self.port = free_port()
        self.key = key
        self._log = settings.data_dir.parent / f"web-{self.port}.log"
        self._environ = os.environ | {
            "DATABASE_URL": settings.database_url or "",
            "REDIS_URL": settings.redis_url or "",
            "QUEUEAPP_DATA_DIR": str(settings.data_dir),
            "QUEUEAPP_WEB__SESSION_SECRET": "only for tests, long enough to sign with",
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "python:webui.gunicorn_conf",
            "webui.wsgi:app",
        ]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environ, cwd=ROOT, stdout=log, stderr=log)
        eventually(self._answers, 60, what="the web process answering")

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and JSON of a request with the key."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"X-Api-Key": self.key, **headers})
            response = connection.getresponse()
            body = response.read()
        return response.status, json.loads(body) if body else None

    def log(self) -> str:
        """What it has written to its log."""
        return self._log.read_text()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.get("/health")[0] == 200
        except OSError:
            return False


@dataclass
class Told:
    """One event as a client sees it."""

    kind: str
    id: str
    data: dict[str, Any]


@dataclass
class Stream:
    """An open stream, read by a thread."""

    events: list[Told] = field(default_factory=list)
    comments: int = 0
    last_id: str = ""
    ended: bool = False
    opened: bool = False

    def kinds(self) -> list[str]:
        """The kinds of the events so far."""
        return [event.kind for event in self.events]


@contextlib.contextmanager
def stream(server: WebServer, query: str = "", last_id: str = "") -> Iterator[Stream]:
    """Open /events/queues, read it until the end of the block."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"X-Api-Key": server.key} | ({"Last-Event-ID": last_id} if last_id else {})
    connection.request("GET", f"/events/queues{query}", headers=headers)
    response = connection.getresponse()
    assert response.status == 200, response.read()
    assert response.getheader("Content-Type", "").startswith("text/event-stream")
    reading = Stream()
    sock = connection.sock or response.fp.raw._sock  # type: ignore[union-attr]
    thread = threading.Thread(target=_read, args=(response, reading), daemon=True)
    thread.start()
    try:
        eventually(lambda: reading.opened, 10, what="the stream's beginning")
        yield reading
    finally:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        connection.close()


def _read(response: http.client.HTTPResponse, reading: Stream) -> None:
    fields: dict[str, str] = {}
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
        while line := response.readline():
            text = line.decode().rstrip("\n")
            if text.startswith(":"):
                reading.comments += 1
            elif text:
                name, _, value = text.partition(": ")
                fields[name] = value
            elif fields:
                reading.last_id = fields.get("id", reading.last_id)
                if "data" in fields:
                    told = Told(
                        fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"])
                    )
                    reading.events.append(told)
                reading.opened = True
                fields = {}
    reading.ended = True
