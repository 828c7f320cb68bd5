"""`queueapp up` as a person meets it."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from queueapp.processes import alive
from tests.acceptance.instances import (
    QUEUEAPP,
    REPOSITORY,
    Instance,
    clean_environment,
    free_port,
    run_command,
)
from tests.waiting import eventually

NewInstance = Callable[..., Instance]
#: What most tests here need; the first one starts what a person gets.
SMALL = ("--no-demo", "--processes", "1")


@pytest.fixture
def new_instance(data_dir: Path) -> Iterator[NewInstance]:
    """Makes instances below one folder, and ends them all."""
    made: list[Instance] = []

    def make(name: str = "an instance", **environ: str) -> Instance:
        made.append(Instance(data_dir / name, **environ))
        return made[-1]

    yield make
    for instance in made:
        instance.close()


@pytest.fixture
def instance(new_instance: NewInstance) -> Instance:
    """One instance without libraries."""
    return new_instance().start(*SMALL)


@pytest.fixture(scope="module")
def shared() -> Iterator[Instance]:
    """One instance for all tests that leave it running."""
    folder = Path(tempfile.mkdtemp(prefix="queueapp-shared-"))
    folder.chmod(0o711)
    instance = Instance(folder)
    yield instance.start(*SMALL)
    instance.close()
    shutil.rmtree(folder, ignore_errors=True)


def sleeps(instance: Instance, count: int, seconds: float) -> int:
    """A task of that many items that only sleep; returns its id."""
    body = {"type": "sleep", "items": [{"seconds": seconds}] * count}
    return int(instance.api("POST", "/api/queues/tasks", 201, json=body)["task_id"])


def test_without_a_library_it_makes_the_demo_runs_the_whole_chain_and_stops_on_ctrl_c(new_instance):
    instance = new_instance().start()
    assert instance.lines[0] == f"queueapp is at {instance.url}/"
    assert re.search(r"log in as admin with password \S{12,}", instance.output)
    for task in instance.json("tasks")["tasks"]:
        done = instance.wait_for(task["id"], "completed")
        assert done["failed_items"] == 0
    published = {
        path.relative_to(instance.data_dir / "demo") for path in instance.data_dir.glob("demo/**/*.nfo")
    }
    assert len([path for path in published if path.parts[0] == "films"]) == 6
    assert len([path for path in published if path.name == "tvshow.nfo"]) == 1
    eventually(lambda: len(re.findall(r"task \d completed: Scan Demo", instance.output)) == 2)
    assert instance.interrupt() == 0
    assert instance.lines[-1] == "stopped"


def test_the_given_password_logs_in_and_a_restart_keeps_everything(new_instance):
    instance = new_instance(QUEUEAPP_ADMIN_PASSWORD="correct horse")
    instance.start(*SMALL)
    assert "password correct horse" in instance.output
    task_id = sleeps(instance, 3, 0)
    instance.wait_for(task_id, "completed")
    assert instance.interrupt() == 0
    instance.start(*SMALL)
    assert "password" not in instance.output
    assert instance.api("GET", f"/api/queues/{task_id}", 200)["completed_items"] == 3


def test_two_instances_run_side_by_side(new_instance):
    one, two = new_instance("one").start(*SMALL), new_instance("two").start(*SMALL)
    first, second = sleeps(one, 2, 0), sleeps(two, 5, 0)
    assert one.wait_for(first, "completed")["completed_items"] == 2
    assert two.wait_for(second, "completed")["completed_items"] == 5
    assert one.json("tasks")["total"] == two.json("tasks")["total"] == 1
    assert one.interrupt() == 0
    assert httpx.get(f"{two.url}/ready").status_code == 200


def test_a_worker_that_is_killed_comes_back_alone_and_its_task_completes(shared):
    before = shared.supervised()
    task_id = sleeps(shared, 40, 1)
    shared.wait_for(task_id, "running")
    os.kill(before["worker"], signal.SIGKILL)
    eventually(lambda: shared.supervised()["worker"] != before["worker"], seconds=30)
    done = shared.wait_for(task_id, seconds=90)
    assert (done["status"], done["completed_items"]) == ("completed", 40)
    after = shared.supervised()
    assert {name for name in before if before[name] != after[name]} == {"worker"}
    assert "worker was killed by SIGKILL; it starts again in 0.5 s" in shared.output


def test_after_kill_9_of_everything_a_task_goes_on_where_it_was(instance):
    task_id = sleeps(instance, 60, 0.5)
    eventually(lambda: instance.api("GET", f"/api/queues/{task_id}")["completed_items"] >= 5, seconds=30)
    instance.kill_everything()
    instance.start(*SMALL)
    done = instance.wait_for(task_id, seconds=90)
    assert (done["status"], done["completed_items"], done["total_items"]) == ("completed", 60, 60)


def test_after_kill_9_of_up_alone_nothing_of_it_is_left(instance):
    family = instance.children()
    instance.process.kill()
    instance.process.wait()
    instance.start(*SMALL)
    assert not any(alive(member.pid) for member in family)


@pytest.mark.parametrize("victim", ["postgres", "redis-server"])
def test_an_embedded_server_that_dies_is_started_again_and_work_goes_on(shared, victim):
    task_id = sleeps(shared, 30, 0.3)
    shared.wait_for(task_id, "running")
    leader = next(each for each in shared.children(victim) if each.ppid() == shared.process.pid)
    leader.kill()
    done = shared.wait_for(task_id, seconds=90)
    assert (done["status"], done["completed_items"]) == ("completed", 30)
    assert "died (status -9); starting it again" in shared.output


def test_ctrl_c_lets_running_items_finish(instance):
    task_id = sleeps(instance, 4, 2)
    eventually(lambda: instance.api("GET", f"/api/queues/{task_id}")["running_items"] == 4)
    assert instance.interrupt() == 0
    done = instance.json("show", str(task_id))
    assert (done["completed_items"], done["running_items"]) == (4, 0)


def test_a_second_up_on_the_same_data_directory_is_refused(shared):
    second = shared.command("up", "--port", str(shared.port + 1))
    assert second.returncode == 2
    assert one_line(second) == (
        f"queueapp: another instance is already using {shared.data_dir} (process {shared.process.pid});"
        " stop it, or choose another --data-dir"
    )


def test_commands_act_on_the_running_instance(shared):
    done = shared.command("enqueue", "sleep", "--item", '{"seconds": 0.1}', "--wait")
    assert done.returncode == 0, done.stderr
    assert "completed" in done.stdout
    assert shared.json("doctor")["findings"][0]["state"] == "ok"
    command = ["enqueue", "sleep", "--item", '{"seconds": 60}', "--wait", "--json"]
    waiting = subprocess.Popen(
        [*QUEUEAPP, "--data-dir", str(shared.data_dir), *command],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = ("tasks", "--status", "running")
    task_id = eventually(lambda: [each["id"] for each in shared.json(*running)["tasks"]], seconds=30)[0]
    assert shared.command("cancel", str(task_id)).returncode == 0
    assert waiting.wait(30) == 4


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """What it said on stderr, which is one line and no traceback."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_port_in_use_is_one_line(data_dir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_command("up", "--port", str(port), data_dir=data_dir)
    assert done.returncode == 2
    assert one_line(done).startswith(f"queueapp: cannot listen on 127.0.0.1:{port}: address already in use")


def test_a_read_only_data_directory_is_one_line(data_dir):
    folder = data_dir / "fixed"
    folder.mkdir(mode=0o555)
    done = run_command("up", data_dir=folder)
    assert done.returncode == 2
    assert "is read-only" in one_line(done)


@pytest.mark.parametrize(
    ("environ", "status", "said"),
    [
        ({"DATABASE_URL": "mysql://root@localhost/x"}, 2, "database_url: must start with postgresql://"),
        ({"DATABASE_URL": "postgresql://me@127.0.0.1:1/x"}, 5, "cannot reach the database"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, 5, "cannot reach Redis"),
        ({"QUEUEAPP_WEB__PROT": "1"}, 2, "did you mean web.port?"),
        ({"QUEUEAPP_CONFIG": "/does/not/exist.toml"}, 2, "cannot read the configuration file"),
    ],
)
def test_a_wrong_setting_is_one_line(data_dir, environ, status, said):
    done = run_command("up", "--no-demo", data_dir=data_dir, **environ)
    assert done.returncode == status
    assert said in one_line(done)


def test_a_library_that_is_missing_is_a_usage_error(data_dir):
    done = run_command("up", "--library", "movies=/does/not/exist", data_dir=data_dir)
    assert done.returncode == 2
    assert "there is no folder /does/not/exist" in done.stderr


@pytest.mark.root_only
def test_folders_closed_to_the_servers_account_are_no_obstacle_to_root(new_instance, data_dir):
    (data_dir / "closed").mkdir(mode=0o700)
    instance = new_instance("closed/data").start(*SMALL)
    try:
        instance.wait_for(sleeps(instance, 1, 0), "completed")
        assert instance.interrupt() == 0
    finally:
        for home in Path("/var/lib/queueapp").glob("*/data_dir"):
            if home.read_text().strip() == str(instance.data_dir):
                shutil.rmtree(home.parent)


def test_under_make_ctrl_c_reaches_only_us_so_that_make_sees_the_exit_of_0(data_dir):
    folder, port = shlex.quote(str(data_dir / "terminal")), free_port()
    up = f"{shlex.join(QUEUEAPP)} --data-dir {folder} up --no-demo --take-terminal --port {port}"
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(REPOSITORY)
        os.execve("/bin/sh", ["sh", "-c", f"{up}; echo after: $?"], clean_environment(TERM="xterm"))
    said = b""

    def hear(word: bytes) -> bool:
        nonlocal said
        with contextlib.suppress(OSError):  # the end of the terminal
            said += os.read(terminal, 65536)
        return word in said

    eventually(lambda: hear(b"its data is in"), seconds=60)

    def ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
        return False

    eventually(ready, seconds=60)
    os.write(terminal, b"\x03")
    eventually(lambda: hear(b"after: 0"), seconds=60)
    os.waitpid(pid, 0)
    os.close(terminal)
