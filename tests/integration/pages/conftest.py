"""Fixtures for tests of the pages: people who are signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from queueapp.bootstrap import Runtime
from queueapp.services import users
from tests.integration.pages.reader import Reader
from tests.web import web_app

PASSWORD = "correct horse battery"


@pytest.fixture
def app(runtime: Runtime) -> Iterator[Flask]:
    """The web application with an admin, anna, and a viewer, victor."""
    with runtime.transaction() as session:
        users.add_user(session, "anna", PASSWORD, "admin")
        users.add_user(session, "victor", PASSWORD, "viewer")
    with web_app(runtime) as made:
        yield made


@pytest.fixture
def stranger(app: Flask) -> Reader:
    """Somebody who is not signed in."""
    return Reader(app.test_client())


@pytest.fixture
def admin(app: Flask) -> Reader:
    """Anna, signed in."""
    return signed_in(app, "anna")


@pytest.fixture
def viewer(app: Flask) -> Reader:
    """Victor, signed in."""
    return signed_in(app, "victor")


def signed_in(app: Flask, name: str) -> Reader:
    """A person who has just signed in."""
    reader = Reader(app.test_client()).open("/login").press("Sign in", username=name, password=PASSWORD)
    assert reader.path == "/", reader.text()
    return reader
