"""Starts and ends worker processes and keeps their output to show when they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[2]

#: Seconds a worker may take to end after SIGTERM.
STOP_SECONDS = 20


@contextmanager
def running(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str]
) -> Iterator[list[subprocess.Popen[str]]]:
    """Run the commands side by side; what goes wrong meanwhile is raised with the end of their output."""
    with ExitStack() as stack:
        output = stack.enter_context(tempfile.TemporaryFile("w+"))
        started = [stack.enter_context(_process(command, environment, output)) for command in commands]
        try:
            yield started
        except Exception as error:
            error.add_note(f"the workers said last:\n{_tail(output)}")
            raise


@contextmanager
def _process(
    command: Sequence[str], environment: Mapping[str, str], output: IO[str]
) -> Iterator[subprocess.Popen[str]]:
    worker = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=output,
        stderr=output,
        text=True,
        start_new_session=True,
    )
    try:
        yield worker
    finally:
        _stop(worker)


def _stop(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _tail(output: IO[str], characters: int = 4000) -> str:
    output.seek(0)
    return output.read()[-characters:]


def wait_for(condition: Callable[[], bool], timeout_seconds: float, what: str, every_seconds: float) -> None:
    """Poll until the condition holds; raises TimeoutError naming `what` after the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took more than {timeout_seconds:.0f} s")
        time.sleep(every_seconds)
