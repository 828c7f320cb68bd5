"""What docs/api.md tells a program to do is done, command by command and in its order, on real processes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from queueapp.models.library import LibraryKind
from queueapp.runtime import Runtime
from queueapp.services import api_keys
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from tests.integration.webui.server import ROOT, WebServer
from tests.waiting import eventually
from tests.workers import run_worker

PAGE = ROOT / "docs" / "api.md"
COMMAND = re.compile(r"^    (curl (?:.*\\\n)*.*)$", re.MULTILINE)
#: curl's own status for a stream that was read until the time was up
TIME_IS_UP = 28


@pytest.fixture
def web(runtime: Runtime, tmp_path: Path) -> Iterator[WebServer]:
    """gunicorn and a worker, with a library of films."""
    (tmp_path / "films").mkdir()
    films = NewLibrary(name="films", path=str(tmp_path / "films"), kind=LibraryKind.MOVIES)
    with runtime.transaction() as session:
        libraries.add_library(session, runtime.settings, films)
        key = api_keys.create_key(session, "docs", "admin")[1]
    server = WebServer(runtime.settings, key)
    server.start()
    with run_worker(runtime):
        yield server
    server.stop()


def _run(web: WebServer, command: str, folder: Path) -> tuple[str, str]:
    """Run a command of the page here; return the status of its answer and what it printed."""
    environ = os.environ | {"KEY": web.key}
    shown = command.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1).partition("        # ")[0]
    done = subprocess.run(
        ["sh", "-c", shown], env=environ, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {0, TIME_IS_UP}, f"{shown}\n{done.stderr}"
    printed, _, status = done.stdout.rpartition("\n")
    return status, printed


def test_every_command_of_the_page_does_what_it_says(web: WebServer, tmp_path: Path) -> None:
    commands = COMMAND.findall(PAGE.read_text(encoding="utf-8"))
    assert len(commands) >= 9
    places = {"http://127.0.0.1:8787": f"http://127.0.0.1:{web.port}", "/media/films": f"{tmp_path}/films"}
    for command in commands:
        for written, real in places.items():
            command = command.replace(written, real)
        if told := re.search(r"-X DELETE .*/api/queues/(\d+)", command):
            _wait_for_the_end(web, int(told[1]))  # a command before it may have set it going again
        status, printed = _run(web, command, tmp_path)
        assert status.startswith("2"), f"{command}\n{printed}"
        if made := re.search(r'"task_id":\s*(\d+)', printed):
            places["/queues/123"] = f"/queues/{made[1]}"
            places["task_id=123"] = f"task_id={made[1]}"
            _wait_for_the_end(web, int(made[1]))
        if token := re.search(r"Undo-Token: (\S+)", printed, re.IGNORECASE):
            places["a1b2…"] = token[1]
    assert (tmp_path / "tasks.csv").read_text().startswith("id,")


def _wait_for_the_end(web: WebServer, task_id: int) -> None:
    eventually(lambda: web.get(f"/api/queues/{task_id}")[1]["finished_at"], 30, what="the task's end")
