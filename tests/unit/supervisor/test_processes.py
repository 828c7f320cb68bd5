"""Finding what an earlier start left behind, and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from queueapp import processes
from tests.waiting import eventually

WAITING = "import time; time.sleep(60)"
WITH_CHILD = "import os, time; os.fork(); os.write(1, b'ready\\n'); time.sleep(60)"


@pytest.fixture
def survivor() -> Iterator[subprocess.Popen]:
    process = subprocess.Popen([sys.executable, "-c", WAITING], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_that_was_noted_is_ended_and_forgotten(tmp_path, survivor):
    note = tmp_path / "it.pid"
    processes.note_process(note, survivor.pid)
    processes.end_survivor(note, signal.SIGTERM, 10)
    assert survivor.wait(10) == -signal.SIGTERM
    assert not note.exists()


def test_another_process_that_got_the_number_is_left_alone(tmp_path, survivor):
    note = tmp_path / "it.pid"
    processes.note_process(note, survivor.pid)
    noted = json.loads(note.read_text())
    note.write_text(json.dumps(noted | {"started": noted["started"] - 3600}))
    processes.end_survivor(note, signal.SIGKILL, 1)
    assert survivor.poll() is None
    assert not note.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 999999999, "started": 1}'])
def test_a_note_that_names_nobody_is_forgotten(tmp_path, text):
    note = tmp_path / "it.pid"
    note.write_text(text)
    processes.end_survivor(note, signal.SIGKILL, 1)
    assert not note.exists()


def test_of_a_dead_leader_the_group_is_ended(tmp_path):
    note = tmp_path / "it.pid"
    leader = subprocess.Popen(
        [sys.executable, "-c", WITH_CHILD], start_new_session=True, stdout=subprocess.PIPE
    )
    with leader, leader.stdout as output:
        assert output.readline() == output.readline() == b"ready\n"
        processes.note_process(note, leader.pid)
        (child,) = processes.psutil.Process(leader.pid).children()
        leader.kill()
        leader.wait()
        assert processes.alive(child.pid)
        processes.end_survivor(note, signal.SIGTERM, 10)
        eventually(lambda: not processes.alive(child.pid))
