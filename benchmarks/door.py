"""A web process and workers for benchmarks of webhooks, and a Radarr that sends imports to it."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.services import Services
from queueapp import bootstrap, config
from queueapp.bootstrap import Runtime
from queueapp.models.library import LibraryKind
from queueapp.services import api_keys
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary

START_SECONDS = 60
WORKERS = 2
WORKERS_READY = "SELECT count(*) FROM queue_workers WHERE state = 'running'"


@contextmanager
def wired(services: Services) -> Iterator[Runtime]:
    """The parts of a process on these servers."""
    overrides = {"database_url": services.database_url, "redis_url": services.redis_url}
    runtime = bootstrap.runtime(config.load(environ={}, overrides=overrides))
    try:
        yield runtime
    finally:
        runtime.close()


def prepare(runtime: Runtime, folder: Path) -> str:
    """Add a library of films below a folder, and return an admin's key."""
    new = NewLibrary(name="films", path=str(folder / "films"), kind=LibraryKind.MOVIES)
    with runtime.transaction() as session:
        libraries.add_library(session, runtime.settings, new)
        return api_keys.create_key(session, "radarr", "admin")[1]


def environment(services: Services, folder: Path) -> tuple[dict[str, str], int]:
    """The variables of the processes, and the port on which the web process will listen."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "QUEUEAPP_DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "PATH": os.environ["PATH"],
    }, port


def commands() -> list[list[str]]:
    """What to start: the web process first, then the workers."""
    dramatiq = [sys.executable, "-m", "dramatiq", "actors", "-p", "1", "-t"]
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:webui.gunicorn_conf"]
    return [gunicorn, [*dramatiq, "8"], [*dramatiq, "4", "-Q", "critical", "high"]]


def answers(port: int) -> bool:
    """Whether the web process is up."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
    except OSError:
        return False


def payload(path: Path, number: int) -> dict[str, Any]:
    """The import of a film as Radarr tells it."""
    about = {
        "id": number + 1,
        "title": f"Film {number}",
        "year": 2000,
        "folderPath": str(path.parent),
        "tmdbId": 0,
    }
    file = {"id": number + 1, "path": str(path), "relativePath": path.name, "size": 1, "quality": "DVD"}
    return {
        "movie": about,
        "movieFile": file,
        "isUpgrade": False,
        "eventType": "Download",
        "instanceName": "Radarr",
    }


def one(services: Services, query: str) -> int:
    """The number that a query gives."""
    with psycopg.connect(services.database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
