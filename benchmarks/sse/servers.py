"""The two web processes that are compared, each run alone on the same Postgres and Redis."""

from __future__ import annotations

import http.client
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.services import Services
from benchmarks.systems.processes import REPOSITORY, running, wait_for
from queueapp.supervisor.procfile import read_procfile

START_SECONDS = 60
PEER = "gunicorn -k gevent -w 1 --worker-connections 5000 -b 127.0.0.1:$PORT benchmarks.sse.peer:app"


@dataclass(frozen=True)
class System:
    """A web process by its name in the table and the command that starts it."""

    name: str
    command: str


SYSTEMS = (
    System("queueapp", read_procfile(REPOSITORY)["web"]),
    System("bare Flask stream", PEER),
)


@dataclass(frozen=True)
class Served:
    """A web process that answers."""

    port: int
    #: gunicorn's one worker
    worker: psutil.Process


def environment(services: Services, folder: Path) -> dict[str, str]:
    """Variables that lead a process to this run's servers."""
    return {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "QUEUEAPP_DATA_DIR": str(folder / "data"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


@contextmanager
def serving(system: System, environ: Mapping[str, str], key: str) -> Iterator[Served]:
    """Start a web process, wait until it answers, and end it afterwards."""
    port = _free_port()
    before = set(psutil.Process().children())
    with running([_shell(system.command)], {**environ, "PORT": str(port)}):
        wait_for(lambda: _answers(port, key), START_SECONDS, system.name, 0.2)
        (leader,) = set(psutil.Process().children()) - before
        (worker,) = leader.children()
        yield Served(port, worker)


@contextmanager
def item_worker(environ: Mapping[str, str]) -> Iterator[None]:
    """A worker as the Procfile starts it."""
    with running([_shell(read_procfile(REPOSITORY)["worker"])], environ):
        yield


@contextmanager
def listening(port: int, key: str, clients: int) -> Iterator[subprocess.Popen[str]]:
    """A process with so many open streams."""
    command = [sys.executable, "-m", "benchmarks.sse.listeners", str(port), key, str(clients)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the streams could not be opened: {shlex.join(command[:3])}")
        yield process
    finally:
        process.kill()
        process.wait()


def _shell(command: str) -> list[str]:
    return ["sh", "-c", f"exec {command}"]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, key: str) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/api/queues", headers={"X-Api-Key": key})
            return connection.getresponse().status == 200
    except OSError:
        return False
