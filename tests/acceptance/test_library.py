"""Another Dramatiq project uses just the queue: the documented example, run as it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from tests.waiting import eventually
from tests.workers import PROJECT, run_worker

EXAMPLE = "examples.transcode"
MEDIA = ("queueapp.media", "queueapp.connectors", "actors", "scheduler", "PIL", "guessit", "lxml")


def python(runtime: Runtime, *arguments: str) -> str:
    """Run Python as the project's user would, on a test's database and Redis; return what it prints."""
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUEUEAPP_")},
        "DATABASE_URL": runtime.settings.database_url or "",
        "REDIS_URL": runtime.settings.redis_url or "",
        "QUEUEAPP_DATA_DIR": str(runtime.settings.data_dir),
        "SECRET_KEY": "only for tests",
    }
    done = subprocess.run(
        [sys.executable, *arguments], env=variables, cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def finished(runtime: Runtime, task_id: int) -> TaskView:
    """Wait for a task's end and return it."""

    def look() -> TaskView | None:
        with runtime.transaction() as session:
            view = reads.get_task(session, task_id)
        return view if view.finished_at else None

    found = eventually(look, seconds=30, what="the task's end")
    assert found
    return found


@pytest.fixture
def film(tmp_path: Path) -> Path:
    made = tmp_path / "film.mkv"
    source = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *source, str(made)], check=True)
    return made


def test_the_example_is_short_and_stands_in_the_documentation() -> None:
    text = (PROJECT / "examples" / "transcode.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert text in (PROJECT / "docs" / "library.md").read_text(encoding="utf-8")


def test_the_example_transcodes_beside_its_own_actors_and_shows_it(
    runtime: Runtime, film: Path, tmp_path: Path
) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.touch()
    with run_worker(runtime, actors=EXAMPLE):
        task_id = int(python(runtime, "-m", EXAMPLE, str(film)))
        view = finished(runtime, task_id)
        assert (view.status, view.completed_items) == ("completed", 1), view.error
        assert (tmp_path / "film.mkv.mp4").stat().st_size > 0
        python(runtime, "-c", f"from {EXAMPLE} import tidy; tidy.send({str(rubbish)!r})")
        eventually(lambda: not rubbish.exists(), what="the project's own actor")
    shown = python(
        runtime,
        "-c",
        f"from {EXAMPLE} import app\n"
        "client = app.test_client()\n"
        "print(client.get('/queue/').status_code)\n"
        "with client.session_transaction() as session:\n"
        "    session['admin'] = True\n"
        f"print(client.get('/queue/{task_id}').text)",
    )
    assert shown.startswith("403\n")
    assert "1 of 1 items completed" in shown


def test_stock_middleware_leaves_operations_alone(runtime: Runtime) -> None:
    create = (
        "from tests import strict_project\n"
        "from queueapp import bootstrap, config\n"
        "from queueapp.services.enqueue import NewTask, create_task\n"
        "queue = bootstrap.runtime(config.load(), with_operations=False)\n"
        "print(create_task(queue, NewTask('slow', [{}])).task_id)"
    )
    with run_worker(runtime, actors="tests.strict_project"):
        task_id = int(python(runtime, "-c", create))
        assert finished(runtime, task_id).status == "completed"
    with runtime.transaction() as session:
        ((item,), _) = reads.list_items(session, task_id)
    assert item.attempt == 2


@pytest.mark.parametrize("module", [EXAMPLE, "queueapp.execution.broker", "webui.blueprint"])
def test_nothing_of_media_is_imported(runtime: Runtime, module: str) -> None:
    listing = f"import {module}, sys; print(*sys.modules)"
    loaded = python(runtime, "-c", listing).split()
    assert module in loaded
    assert [name for name in loaded if name.startswith(MEDIA)] == []
