"""TMDB's lists with a real worker, a stand-in for TMDB, and a program that uses the API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import redis
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp import bootstrap, config, db
from queueapp.bootstrap import Runtime
from queueapp.connectors import circuit
from queueapp.connectors.tmdb_lists import NAME
from queueapp.embedded.postgres import Postgres
from queueapp.embedded.redis_server import RedisServer
from queueapp.ledger import dispatchable
from queueapp.priorities import LANES
from queueapp.services import api_keys, enqueue
from queueapp.services.lists import outcome
from tests.servers.tmdb_lists import APP_TOKEN, TmdbListsServer
from tests.waiting import eventually
from tests.web import web_app
from tests.workers import WorkerHandle, run_worker


@dataclass
class Desk:
    """Somebody who keeps lists through the API, with TMDB's side in sight."""

    runtime: Runtime
    client: FlaskClient
    tmdb: TmdbListsServer

    def connect(self, kind: str = "v4") -> int:
        """Connect a person as they would, and return the user's id."""
        begun = self.post("/api/lists/users", 201, json={"kind": kind, "name": "Anna"})
        self.tmdb.approve(begun["approve_url"].rpartition("/" if kind == "v3" else "=")[2])
        user: int = self.post(f"/api/lists/users/{begun['id']}/complete", 200)["id"]
        return user

    def post(self, path: str, status: int | tuple[int, ...] = (), **more: Any) -> Any:
        """POST, and the answer's JSON."""
        return self.ask("POST", path, status, **more)

    def get(self, path: str) -> Any:
        """GET, and the answer's JSON."""
        return self.ask("GET", path, 200)

    def ask(self, method: str, path: str, status: int | tuple[int, ...] = (), **more: Any) -> Any:
        """Any request, and the answer's JSON."""
        answer = self.client.open(path, method=method, **more)
        wanted = (status,) if isinstance(status, int) else status
        assert not wanted or answer.status_code in wanted, (answer.status_code, answer.get_data(as_text=True))
        return answer.get_json()

    def new_list(self, user: int, name: str = "Watchlist") -> dict[str, Any]:
        """Create a list, at once."""
        made: dict[str, Any] = self.post("/api/lists", 201, json={"tmdb_user_id": user, "name": name})
        return made

    def add(self, user: int, list_id: int, movie_id: int) -> dict[str, Any]:
        """Put a film on a list, at once or later."""
        body = {"tmdb_user_id": user, "movie_id": movie_id}
        told: dict[str, Any] = self.post(f"/api/lists/{list_id}/items", (200, 202), json=body)
        return told

    def remove(self, user: int, list_id: int, movie_id: int) -> dict[str, Any]:
        """Take a film off a list, at once or later."""
        path = f"/api/lists/{list_id}/items/{movie_id}?tmdb_user_id={user}"
        told: dict[str, Any] = self.ask("DELETE", path, (200, 202))
        return told

    def operation(self, operation_id: int) -> dict[str, Any]:
        """An operation as it stands."""
        found: dict[str, Any] = self.get(f"/api/lists/operations/{operation_id}")
        return found

    def comes_to(self, operation_id: int, status: str, seconds: float = 20) -> dict[str, Any]:
        """Wait for an operation's status."""
        return eventually(
            lambda: one if (one := self.operation(operation_id))["status"] == status else None,
            seconds=seconds,
            what=f"operation {operation_id} being {status}; it is {self.operation(operation_id)}",
        )

    def tried(self, operation_id: int, times: int, seconds: float = 20) -> dict[str, Any]:
        """Wait until an operation was tried that often and waits for the next."""

        def look() -> dict[str, Any] | None:
            one = self.operation(operation_id)
            return one if one["retry_count"] == times - 1 and one["scheduled_for"] else None

        return eventually(look, seconds=seconds, what=f"try {times}; it is {self.operation(operation_id)}")

    def comes_true(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for something to be so."""
        eventually(condition, seconds=seconds)

    def time_passes(self) -> None:
        """Let every wait for a further try end now."""
        with self.runtime.transaction() as session:
            session.execute(sa.text("UPDATE queue_items SET available_at = now() WHERE stage = 1"))
            dispatchable.promote_due(db.raw(session))
        enqueue.fill_lanes(self.runtime, range(len(LANES)))

    def settled(self, seconds: float = 60) -> None:
        """Let time pass until no operation is left to do."""
        deadline = time.monotonic() + seconds
        while (left := self.get("/api/lists/operations/stats"))["pending"] + left["processing"]:
            assert time.monotonic() < deadline, self.get("/api/lists/operations?status=pending,processing")
            self.time_passes()
            time.sleep(0.05)


@pytest.fixture(scope="module")
def tmdb_lists() -> Iterator[TmdbListsServer]:
    """A running stand-in for TMDB's lists."""
    with TmdbListsServer() as server:
        yield server


@pytest.fixture(scope="module")
def lists_runtime(
    postgres: Postgres,
    template_database: str,
    redis_server: RedisServer,
    tmdb_lists: TmdbListsServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Runtime]:
    """One database for all tests of lists, which keep apart by their users; with a real worker in all of them."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    with _database(postgres, template_database) as url:
        overrides = {
            "data_dir": str(tmp_path_factory.mktemp("data")),
            "database_url": url,
            "redis_url": redis_server.url,
            "web": {"session_secret": "only for tests, long enough to sign with"},
            "tmdb": {
                "base_url": f"{tmdb_lists.url}/3", "website_url": tmdb_lists.url, "access_token": APP_TOKEN,
                "rate_per_second": 500,
            },
        }  # fmt: skip
        wired = bootstrap.runtime(config.load(environ={}, overrides=overrides))
        yield wired
        wired.close()


@pytest.fixture(scope="module")
def worker(lists_runtime: Runtime) -> Iterator[WorkerHandle]:
    """The one worker of these tests."""
    section = lists_runtime.settings.tmdb
    environ = {
        "QUEUEAPP_TMDB__BASE_URL": section.base_url,
        "QUEUEAPP_TMDB__ACCESS_TOKEN": APP_TOKEN,
        "QUEUEAPP_TMDB__RATE_PER_SECOND": "500",
    }
    with run_worker(lists_runtime, environ=environ) as handle:
        yield handle


@pytest.fixture(scope="module")
def client(lists_runtime: Runtime) -> Iterator[FlaskClient]:
    """A program with an admin's key."""
    with lists_runtime.transaction() as session:
        key = api_keys.create_key(session, "test", "admin")[1]
    with web_app(lists_runtime) as app:
        made = app.test_client()
        made.environ_base["HTTP_X_API_KEY"] = key
        yield made


@pytest.fixture
def desk(
    lists_runtime: Runtime,
    worker: WorkerHandle,
    client: FlaskClient,
    tmdb_lists: TmdbListsServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """The API with TMDB in its best mood, and nothing of earlier tests. Requests have more patience than in earnest:
    a busy machine must not turn "at once" into "queued"."""
    monkeypatch.setattr(outcome, "WAIT_SECONDS", 30.0)
    with lists_runtime.transaction() as session:
        session.execute(sa.text("TRUNCATE tmdb_users, settings CASCADE"))
        session.execute(
            sa.text("DELETE FROM queue_tasks WHERE status IN ('completed', 'failed', 'canceled')")
        )
    circuit.reset(lists_runtime.redis, NAME)
    tmdb_lists.reset()
    yield Desk(lists_runtime, client, tmdb_lists)
    tmdb_lists.reset()
    for user in client.get("/api/lists/users").get_json()["users"]:
        client.delete(f"/api/lists/users/{user['id']}")


@pytest.fixture
def viewer_key(lists_runtime: Runtime) -> str:
    """The key of a program that may only look."""
    with lists_runtime.transaction() as session:
        return api_keys.create_key(session, "test viewer", "viewer")[1]


@contextmanager
def _database(postgres: Postgres, template: str) -> Iterator[str]:
    name = "lists"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode())
        yield postgres.url.replace("@/queueapp?", f"@/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
