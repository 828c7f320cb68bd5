"""Fixtures for tests of the web process: its app, and clients that are logged in or hold a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from queueapp import bootstrap
from queueapp.config import Settings
from queueapp.runtime import Runtime
from queueapp.services import api_keys, users
from tests.web import web_app

PASSWORD = "correct horse battery"


@pytest.fixture
def app(runtime: Runtime) -> Iterator[Flask]:
    """The web application on this test's database and Redis."""
    with web_app(runtime) as made:
        yield made


@pytest.fixture
def make_key(runtime: Runtime) -> Callable[[str], str]:
    """Makes a key of a role."""

    def make(role: str) -> str:
        with runtime.transaction() as session:
            return api_keys.create_key(session, f"test {role}", role)[1]

    return make


@pytest.fixture
def admin(app: Flask, make_key: Callable[[str], str]) -> FlaskClient:
    """A program with an admin's key."""
    return _with_key(app, make_key("admin"))


@pytest.fixture
def viewer(app: Flask, make_key: Callable[[str], str]) -> FlaskClient:
    """A program with a viewer's key."""
    return _with_key(app, make_key("viewer"))


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Somebody without session or key."""
    return app.test_client()


@pytest.fixture
def people(runtime: Runtime) -> None:
    """The users `anna`, an admin, and `victor`, a viewer, both with PASSWORD."""
    with runtime.transaction() as session:
        users.add_user(session, "anna", PASSWORD, "admin")
        users.add_user(session, "victor", PASSWORD, "viewer")


def _with_key(app: Flask, key: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_X_API_KEY"] = key
    return client


@pytest.fixture
def app_without_database(settings: Settings) -> Iterator[FlaskClient]:
    """A client of an app whose database cannot be reached."""
    away = settings.model_copy(update={"database_url": "postgresql://nobody@/nothing?host=/nowhere"})
    wired = bootstrap.runtime(away)
    with web_app(wired) as made:
        yield made.test_client()
    wired.close()
