"""The web application with its intake, libraries with real videos, and a worker that does what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from queueapp.bootstrap import Runtime
from queueapp.demo import Audio, make_video
from queueapp.ledger import reads
from queueapp.ledger.views import ItemView, TaskView
from queueapp.models.library import LibraryKind
from queueapp.models.media import Media
from queueapp.models.webhook import Outcome, Webhook
from queueapp.services import api_keys, libraries
from queueapp.services.library_views import NewLibrary
from queueapp.states import TASK_TERMINAL
from tests.waiting import eventually
from tests.workers import run_worker
from webui import webhook_intake
from webui.app import create_app
from webui.events import end_streams


@pytest.fixture
def app(runtime: Runtime) -> Iterator[Flask]:
    """The web application on this test's database and Redis, its intake ended afterwards."""
    made = create_app(runtime)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    end_streams(made)
    webhook_intake.stop(made)


@dataclass
class Sender:
    """Sends webhooks as Radarr and Sonarr do, and sees what comes of them."""

    runtime: Runtime
    client: FlaskClient
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, payload: Any, source: str = "radarr", **options: Any) -> TestResponse:
        """POST a payload with the key."""
        headers = {"X-Api-Key": self.key} | self.headers
        return self.client.post(f"/webhooks/{source}", json=payload, headers=headers, **options)

    def acted(self, payload: Any, source: str = "radarr") -> Webhook:
        """POST a payload, and give the webhook on record once it was acted on."""
        answer = self.send(payload, source)
        assert answer.status_code == 200, answer.text
        return self.outcome(answer.get_json()["webhook_id"])

    def outcome(self, webhook_id: int) -> Webhook:
        """A webhook once it was acted on."""

        def acted() -> Webhook | None:
            with self.runtime.transaction() as session:
                found = session.get_one(Webhook, webhook_id)
            return found if found.outcome is not Outcome.RECEIVED else None

        found = eventually(acted, what=f"webhook {webhook_id} being acted on")
        assert found is not None
        return found

    def webhooks(self) -> list[Webhook]:
        """All on record, oldest first."""
        with self.runtime.transaction() as session:
            return list(session.scalars(sa.select(Webhook).order_by(Webhook.id)))

    def finished(self, task_id: int | None, seconds: float = 60) -> TaskView:
        """A task once it has ended."""
        assert task_id is not None

        def ended() -> TaskView | None:
            with self.runtime.transaction() as session:
                task = reads.get_task(session, task_id)
            return task if task.status in TASK_TERMINAL else None

        task = eventually(ended, seconds=seconds, what=f"the end of task {task_id}")
        assert task is not None
        return task

    def items(self, task_id: int | None, kind: str = "") -> list[ItemView]:
        """A task's items, of one type if named."""
        assert task_id is not None
        with self.runtime.transaction() as session:
            found = reads.list_items(session, task_id, limit=100)[0]
        return [one for one in found if kind in ("", one.type)]

    def titles(self) -> list[Media]:
        """All titles on record."""
        with self.runtime.transaction() as session:
            return list(session.scalars(sa.select(Media).order_by(Media.id)))


@pytest.fixture
def sender(runtime: Runtime, app: Flask) -> Sender:
    """A sender with an admin's key."""
    with runtime.transaction() as session:
        key = api_keys.create_key(session, "radarr", "admin")[1]
    return Sender(runtime, app.test_client(), key)


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[None]:
    """A worker process that serves every lane."""
    with run_worker(runtime):
        yield


@pytest.fixture
def video(tmp_path: Path) -> Callable[[Path], Path]:
    """Puts a small real video at a path."""
    made = tmp_path / "video.mkv"

    def put(path: Path) -> Path:
        if not made.exists():
            make_video(made, 1, [Audio("eng")])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.read_bytes())
        return path

    return put


@pytest.fixture
def films(runtime: Runtime, tmp_path: Path) -> Path:
    """The folder of a library of films."""
    return _library(runtime, tmp_path / "films", LibraryKind.MOVIES)


@pytest.fixture
def shows(runtime: Runtime, tmp_path: Path) -> Path:
    """The folder of a library of series."""
    return _library(runtime, tmp_path / "tv", LibraryKind.TV)


def _library(runtime: Runtime, folder: Path, kind: LibraryKind) -> Path:
    folder.mkdir()
    with runtime.transaction() as session:
        libraries.add_library(
            session, runtime.settings, NewLibrary(name=folder.name, path=str(folder), kind=kind)
        )
    return folder
