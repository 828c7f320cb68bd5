"""Webhooks through a real web process and real workers, among other work and through a kill."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.demo import Audio, make_video
from queueapp.models.library import LibraryKind
from queueapp.services import api_keys
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from tests import arr_payloads as arr
from tests.integration.webui.server import WebServer
from tests.waiting import eventually
from tests.workers import run_worker

#: Films that the scan finds before the one that the webhook brings.
MANY = 1500


@pytest.fixture
def web(runtime: Runtime) -> Iterator[WebServer]:
    """gunicorn, with an admin's key."""
    with runtime.transaction() as session:
        key = api_keys.create_key(session, "radarr", "admin")[1]
    runtime.settings.data_dir.mkdir(parents=True, exist_ok=True)
    server = WebServer(runtime.settings, key)
    server.start()
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture
def films(runtime: Runtime, tmp_path: Path) -> Path:
    """The folder of a library of films."""
    folder = tmp_path / "films"
    folder.mkdir()
    new = NewLibrary(name="films", path=str(folder), kind=LibraryKind.MOVIES)
    with runtime.transaction() as session:
        libraries.add_library(session, runtime.settings, new)
    return folder


def send(web: WebServer, payload: dict[str, Any], path: str = "/webhooks/radarr", **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", web.port, timeout=20)
    connection.request(
        "POST", path, json.dumps(payload, indent=2), {"Content-Type": "application/json", **headers}
    )
    status = connection.getresponse().status
    connection.close()
    return status


def counted(runtime: Runtime, query: str) -> Callable[[], int]:
    def count() -> int:
        with runtime.transaction() as session:
            return int(session.scalar(sa.text(query)) or 0)

    return count


def test_a_film_is_published_at_once_while_its_library_is_scanned(
    runtime: Runtime, web: WebServer, films: Path
) -> None:
    for number in range(MANY):
        folder = films / f"Film {number} (2000)"
        folder.mkdir()
        (folder / f"Film {number} (2000).mkv").touch()
    path = films / "Nosferatu (1922)" / "Nosferatu (1922).mkv"
    path.parent.mkdir()
    make_video(path, 1, [Audio("eng")])
    with run_worker(runtime, threads=2), run_worker(runtime, threads=2, lanes=["critical", "high"]):
        libraries.scan_library(runtime, 1, created_by="test")
        analyzed = "SELECT count(*) FROM queue_items WHERE type = 'analyze' AND finished_at IS NOT NULL"
        eventually(counted(runtime, analyzed), 60, what="the scan being under way")
        began = time.monotonic()
        assert send(web, arr.film_import(str(path)), f"/webhooks/radarr/{web.key}") == 200
        eventually(path.with_suffix(".nfo").is_file, 60, what="the NFO")
        print(f"published {time.monotonic() - began:.1f} s after the webhook")
        imported = (
            "SELECT count(*) FROM queue_tasks WHERE type = 'import' AND priority = 1 AND status = 'completed'"
        )
        eventually(counted(runtime, imported), 60, what="the import's end")
    assert web.key not in web.log()
    assert "/webhooks/radarr/***" in web.log()


def test_what_was_answered_before_a_kill_is_done_after_it(runtime: Runtime, web: WebServer) -> None:
    for number in range(30):
        payload = arr.film_import(
            f"/movies/Film {number}/film.mkv", arr.movie(id=number + 1), number=number + 1
        )
        assert send(web, payload, **{"X-Api-Key": web.key}) == 200
    web.process.send_signal(signal.SIGKILL)
    web.process.wait()
    stored = counted(runtime, "SELECT count(*) FROM webhooks")
    assert stored() == 30
    web.start()
    done = counted(runtime, "SELECT count(DISTINCT task_id) FROM webhooks WHERE outcome = 'task'")
    eventually(lambda: done() == 30, 60, what="all webhooks being acted on")
    assert counted(runtime, "SELECT count(*) FROM queue_items WHERE type = 'import'")() == 30
    assert (stored(), web.stop()) == (30, 0)
