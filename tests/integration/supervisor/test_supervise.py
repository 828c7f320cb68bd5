"""The supervisor with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from queueapp import config
from queueapp.processes import alive
from queueapp.supervisor import Supervisor
from queueapp.supervisor.child import FIRST_PAUSE_SECONDS
from tests.waiting import eventually

#: Each start of it adds a line to its file and then waits; SIGTERM makes it say so and end.
SERVICE = """
import os, signal, sys, time
name = sys.argv[1]
def bye(*_):
    open(name + ".stopped", "a").write("x")
    sys.exit(0)
signal.signal(signal.SIGTERM, bye)
open(name + ".pids", "a").write(f"{os.getpid()}\\n")
print("ready", name, flush=True)
while True:
    time.sleep(60)
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    open("grandchild.pids", "a").write(f"{os.getpid()}\\n")
else:
    open("stubborn.pids", "a").write(f"{os.getpid()}\\n")
while True:
    time.sleep(60)
"""


class Running:
    """A supervisor that is looked after by the test instead of its own loop."""

    def __init__(self, folder: Path, lines: dict[str, str], **worker: int) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.lines: list[str] = []
        text = "".join(f"{name}: {command}\n" for name, command in lines.items())
        (folder / "Procfile").write_text(text)
        overrides = {"data_dir": str(folder / "data dir"), "worker": worker}
        settings = config.load(environ={}, overrides=overrides)
        settings.data_dir.mkdir(exist_ok=True)
        self.supervisor = Supervisor(settings, folder, self.said.append, self.lines.append)

    def pids(self, name: str) -> list[int]:
        self.supervisor.look_after_children()
        try:
            return [int(line) for line in (self.folder / f"{name}.pids").read_text().split()]
        except FileNotFoundError:
            return []


@pytest.fixture
def services(tmp_path):
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    started = []

    def start(lines, **worker):
        running = Running(tmp_path, lines, **worker)
        started.append(running)
        return running

    yield start
    for running in started:
        running.supervisor._hurry = True
        running.supervisor.stop()


def test_each_line_runs_and_worker_as_often_as_the_settings_say(services):
    lines = {"release": "false", "web": "python service.py web", "worker": "python service.py worker"}
    running = services(lines, processes=2)
    eventually(lambda: len(running.pids("worker")) == 2 and len(running.pids("web")) == 1)
    assert [child.name for child in running.supervisor.children] == ["web", "worker.1", "worker.2"]
    assert running.pids("release") == []


def test_a_process_that_dies_is_started_again_alone(services):
    running = services({"a": "python service.py a", "b": "python service.py b"})
    first = eventually(lambda: running.pids("a") and running.pids("b") and running.pids("a")[0])
    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(running.pids("a")) == 2)
    assert len(running.pids("b")) == 1
    assert running.said == [f"a was killed by SIGKILL; it starts again in {FIRST_PAUSE_SECONDS:g} s"]


def test_one_that_keeps_dying_is_started_after_growing_pauses(services):
    running = services({"bad": "sh -c 'echo no such thing; exit 3'"})
    eventually(lambda: (running.pids("bad"), len(running.said) >= 3)[1])
    assert running.said[0] == "bad ended with status 3; it starts again in 0.5 s"
    assert "starts again in 1 s" in running.said[1]
    assert "starts again in 2 s" in running.said[2]


def test_what_it_prints_is_logged_and_passed_on_with_its_name(services):
    running = services({"web": "python service.py web"})
    eventually(lambda: running.pids("web") and running.lines)
    assert running.lines == ["web        | ready web"]
    assert "ready web" in (running.folder / "data dir" / "logs" / "web.log").read_text()


def test_stop_sends_one_sigterm_and_waits(services):
    running = services({"a": "python service.py a", "b": "python service.py b"})
    eventually(lambda: running.pids("a") and running.pids("b") and len(running.lines) == 2)
    running.supervisor.stop()
    assert [(running.folder / f"{name}.stopped").read_text() for name in "ab"] == ["x", "x"]
    assert not any(alive(pid) for pid in running.pids("a")[:1] + running.pids("b")[:1])


def test_one_that_will_not_stop_is_killed_with_its_whole_group(services, monkeypatch):
    monkeypatch.setattr("queueapp.supervisor.supervise.MARGIN_SECONDS", 0.2)
    running = services({"s": "python stubborn.py"}, grace_seconds=1)
    leader = eventually(lambda: running.pids("grandchild") and running.pids("stubborn"))[0]
    grandchild = int((running.folder / "grandchild.pids").read_text())
    running.supervisor.stop()
    eventually(lambda: not alive(leader) and not alive(grandchild))
    assert running.said == ["s did not stop in time and was killed"]


def test_what_a_dead_leader_leaves_behind_is_removed(services):
    running = services({"s": "python stubborn.py"})
    leader = eventually(lambda: running.pids("grandchild") and running.pids("stubborn"))[0]
    grandchild = int((running.folder / "grandchild.pids").read_text())
    os.kill(leader, signal.SIGKILL)
    eventually(lambda: len(running.pids("stubborn")) >= 2)
    assert not alive(grandchild)


SUPERVISE = """
import sys
from pathlib import Path
from queueapp import config
from queueapp.processes import alive
from queueapp.supervisor import Supervisor, remove_leftovers
folder = Path(sys.argv[1])
settings = config.load(environ={}, overrides={"data_dir": str(folder / "data dir")})
settings.data_dir.mkdir(exist_ok=True)
supervisor = Supervisor(settings, folder, print)
remove_leftovers(settings.data_dir)
supervisor.handle_signals()
supervisor.run()
supervisor.stop()
"""


def test_children_end_with_a_supervisor_that_is_killed(tmp_path):
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "Procfile").write_text("a: python service.py a\n")
    process = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(tmp_path)])
    pid = int(eventually(lambda: (tmp_path / "a.pids").exists() and (tmp_path / "a.pids").read_text()))
    process.kill()
    process.wait()
    eventually(lambda: not alive(pid))


def test_leftovers_of_a_killed_supervisor_are_removed_at_the_next_start(tmp_path):
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    (tmp_path / "Procfile").write_text("s: python stubborn.py\n")
    first = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(tmp_path)])
    pid = int(
        eventually(lambda: (tmp_path / "stubborn.pids").exists() and (tmp_path / "stubborn.pids").read_text())
    )
    first.kill()
    first.wait()
    assert alive(pid)  # it does not listen to the SIGTERM that the kernel sent
    second = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(tmp_path)])
    eventually(lambda: not alive(pid))
    eventually(lambda: len((tmp_path / "stubborn.pids").read_text().split()) == 2)
    for _ in range(2):  # the second signal is the hurry
        second.send_signal(signal.SIGTERM)
        time.sleep(0.3)
    assert second.wait(10) == 0


def test_a_supervisor_in_its_own_loop_stops_when_asked(services):
    running = services({"a": "python service.py a"})
    rounds = []
    threading.Timer(1.0, running.supervisor.stop_asked.set).start()
    running.supervisor.run(lambda: rounds.append(1))
    assert rounds
