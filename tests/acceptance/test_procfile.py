"""Each line of the Procfile, run by hand as it stands, with DATABASE_URL and REDIS_URL set."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from queueapp import bootstrap, config
from queueapp.config import Settings
from queueapp.ledger import reads
from queueapp.services.enqueue import NewTask, create_task
from queueapp.services.schedule import scheduler_lease
from queueapp.supervisor import read_procfile
from tests.acceptance.instances import REPOSITORY, clean_environment, free_port
from tests.waiting import eventually

LINES = read_procfile(REPOSITORY)
Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """What a person would export: the two URLs, and the programs of .venv on the PATH."""
    assert settings.database_url
    assert settings.redis_url
    return clean_environment(
        DATABASE_URL=settings.database_url,
        REDIS_URL=settings.redis_url,
        QUEUEAPP_DATA_DIR=str(settings.data_dir),
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts a line by its name; all are ended, by SIGTERM and with status 0."""
    with contextlib.ExitStack() as stack:

        def run(name: str) -> subprocess.Popen[str]:
            output = stack.enter_context((tmp_path / f"{name}.log").open("w"))
            process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {LINES[name]}"],
                cwd=REPOSITORY,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            stack.callback(end, process, tmp_path / f"{name}.log")
            return process

        yield run


def end(process: subprocess.Popen[str], log: Path) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(45) == 0, log.read_text()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def status_of(runtime: bootstrap.Runtime, task_id: int) -> str:
    with runtime.transaction() as session:
        return reads.get_task(session, task_id).status.value


def test_release_makes_the_tables_and_the_first_admin_once(empty_database_url, redis_url, tmp_path):
    environment = clean_environment(
        DATABASE_URL=empty_database_url,
        REDIS_URL=redis_url,
        QUEUEAPP_DATA_DIR=str(tmp_path),
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    said = []
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", "-c", LINES["release"]],
            cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert "the database is at revision" in said[0]
    assert "first admin: user admin, password" in said[0]
    assert "password" not in said[1]


def test_web_serves_on_its_port(start, environment):
    environment["PORT"] = str(free_port())
    process = start("web")

    def health() -> Any:
        assert process.poll() is None
        try:
            return httpx.get(f"http://127.0.0.1:{environment['PORT']}/health", timeout=5)
        except httpx.TransportError:
            return None

    assert eventually(health, seconds=60).json()["status"] == "ok"


def test_worker_alone_serves_every_lane(start, runtime):
    start("worker")
    priorities = (1, 3, 5, 8)
    tasks = [create_task(runtime, NewTask("noop", [{}], priority=each)).task_id for each in priorities]
    eventually(lambda: all(status_of(runtime, each) == "completed" for each in tasks), seconds=60)


def test_priority_serves_only_the_urgent_lanes(start, runtime):
    start("priority")
    tasks = {
        each: create_task(runtime, NewTask("noop", [{}], priority=each)).task_id for each in (8, 5, 3, 1)
    }
    eventually(lambda: all(status_of(runtime, tasks[each]) == "completed" for each in (1, 3)), seconds=60)
    assert [status_of(runtime, tasks[each]) for each in (5, 8)] == ["queued", "queued"]


def test_scheduler_leads(start, runtime):
    start("scheduler")

    def leads() -> bool:
        with runtime.transaction() as session:
            return scheduler_lease.health(session).running

    eventually(leads, seconds=60)


def compose_config() -> dict[str, Any]:
    compose = ["docker", "compose"]
    if subprocess.run([*compose, "version"], capture_output=True).returncode != 0:
        compose = ["docker-compose"]
    if not shutil.which(compose[0]):
        pytest.skip("neither docker compose nor docker-compose is installed")
    command = [*compose, "-f", "docker-compose.yml", "config"]
    done = subprocess.run(command, cwd=REPOSITORY, env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    import yaml

    return dict(yaml.safe_load(done.stdout))


def test_the_compose_file_is_accepted_and_has_a_service_for_each_line_with_its_command():
    services = compose_config()["services"]
    assert set(services) == {"postgres", "redis", *LINES}
    for name, line in LINES.items():
        command = services[name]["command"]
        assert " ".join(command).replace("$$", "$") == f"sh -c exec {line}"
    for name in set(services) - {"release"}:
        assert services[name]["healthcheck"]["test"]


def test_services_that_scale_have_no_fixed_name_or_port():
    services = compose_config()["services"]
    for name in ("worker", "priority", "scheduler"):
        assert not {"container_name", "ports"} & set(services[name])


def test_a_setting_in_the_environment_reaches_the_lines(environment):
    environment["QUEUEAPP_WORKER__THREADS"] = "3"
    environment["QUEUEAPP_WORKER__GRACE_SECONDS"] = "2"
    done = subprocess.run(
        ["/bin/sh", "-c", f"echo {LINES['worker']}"], env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == [
        "dramatiq", "actors", "-p", "1", "-t", "3", "--worker-shutdown-timeout", "7000"
    ]  # fmt: skip
    assert config.load(environ=environment).worker.threads == 3


def test_a_processes_settings_line_up_with_the_json_of_doctor(environment):
    command = [sys.executable, "-m", "queueapp", "doctor", "--json", "--only", "database", "--only", "redis"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {each["state"] for each in json.loads(done.stdout)["findings"]} == {"ok"}
