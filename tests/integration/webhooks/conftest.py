"""The web application with its intake, libraries with real videos, and a worker that does what is asked."""

from __future__ import annotations

import uuid
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
from queueapp.config import Settings
from queueapp.demo import Audio, make_video
from queueapp.ledger import reads
from queueapp.ledger.views import ItemView, TaskView
from queueapp.models.library import LibraryKind
from queueapp.models.media import Media
from queueapp.models.player import PlayerKind
from queueapp.models.webhook import Outcome, Webhook
from queueapp.services import api_keys
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from queueapp.states import TASK_TERMINAL
from tests.servers import tmdb
from tests.servers.kodi import KodiServer
from tests.servers.tmdb import TmdbServer
from tests.waiting import eventually
from tests.web import web_app
from tests.workers import run_worker


@pytest.fixture
def app(runtime: Runtime) -> Iterator[Flask]:
    """The web application on this test's database and Redis, its intake ended afterwards."""
    with web_app(runtime) as made:
        yield made


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
        return self.outcome(eventually(lambda: self._id_of(answer.get_json()["receipt"]), 30))

    def _id_of(self, receipt: str) -> int | None:
        with self.runtime.transaction() as session:
            return session.scalar(sa.select(Webhook.id).where(Webhook.receipt == uuid.UUID(receipt)))

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

    def finished(self, task_id: int | None, seconds: float = 120) -> TaskView:
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

    def error(self, task_id: int | None) -> str:
        """What went wrong with a task's first item."""
        with self.runtime.transaction() as session:
            item = reads.get_item(session, task_id or 0, self.items(task_id)[0].id)
        return str(item.error["message"]) if item.error else ""

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
def tmdb_server() -> Iterator[TmdbServer]:
    """A running stand-in for TMDB."""
    with TmdbServer() as server:
        yield server


@pytest.fixture
def kodi(runtime: Runtime) -> Iterator[KodiServer]:
    """A Kodi that is told of changes."""
    with KodiServer() as server:
        with runtime.transaction() as session:
            players.add_player(session, NewPlayer(name="Room", kind=PlayerKind.KODI, url=server.url))
        yield server


@pytest.fixture
def worker(runtime: Runtime, tmdb_server: TmdbServer) -> Iterator[None]:
    """A worker process that serves every lane and waits for nothing long."""
    environ = {
        "QUEUEAPP_WEBHOOKS__GONE_AFTER_SECONDS": "1",
        "QUEUEAPP_WEBHOOKS__VISIBLE_SECONDS": "3",
        "QUEUEAPP_TMDB__BASE_URL": tmdb_server.url,
        "QUEUEAPP_TMDB__IMAGES_URL": tmdb_server.images_url,
        "QUEUEAPP_TMDB__API_KEY": tmdb.KEY,
        "QUEUEAPP_TMDB__RATE_PER_SECOND": "500",
    }
    with run_worker(runtime, environ=environ):
        yield


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with short waits."""
    short = settings.webhooks.model_copy(update={"gone_after_seconds": 1, "visible_seconds": 3})
    return settings.model_copy(update={"webhooks": short})


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
