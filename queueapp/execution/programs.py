"""Runs other programs for actors, each in a process group of its own that dies when the item stops."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

from queueapp.processes import die_with_parent, step_back

if TYPE_CHECKING:
    from queueapp.execution.context import Interrupts

#: Characters kept of a program's output; the beginning is cut.
MAX_OUTPUT = 1_000_000
#: Seconds between two looks at a running program, and so the delay of a cancel.
LOOK_SECONDS = 0.02


def run(
    command: Sequence[str],
    interrupts: Interrupts,
    *,
    timeout_seconds: float | None = None,
    on_line: Callable[[str], None] | None = None,
    niceness: int = 0,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its output; kills its group on an interrupt or a timeout."""
    with interrupts.held_back():
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        step_back(process.pid, niceness)
        assert process.stdout is not None
        assert process.stderr is not None
        out, err = _Collector(process.stdout, on_line), _Collector(process.stderr, None)
        try:
            _wait(process, interrupts, timeout_seconds)
        finally:
            kill_group(process)
        output, errors = out.text(), err.text()
    return subprocess.CompletedProcess(list(command), process.returncode, output, errors)


def _wait(process: subprocess.Popen[str], interrupts: Interrupts, timeout_seconds: float | None) -> None:
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    while not interrupts.requested.is_set():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_SECONDS)
            return
        if deadline is not None and time.monotonic() > deadline:
            raise subprocess.TimeoutExpired(process.args, timeout_seconds or 0)


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill what is left of a program's process group, and reap the program."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_children_of(thread: int) -> int:
    """Kill the process groups or families of all programs a thread of this process has started; return how many.

    `thread` is the kernel's id. Where the kernel does not list a thread's children none is found.
    """
    try:
        listed = Path(f"/proc/self/task/{thread}/children").read_text(encoding="ascii")
    except OSError:
        return 0
    pids = [int(one) for one in listed.split()]
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            family = psutil.Process(pid).children(recursive=True)
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            for one in family:
                one.kill()
    return len(pids)


class _Collector:
    """Reads a pipe in a thread, so that a program never blocks on a full one."""

    def __init__(self, pipe: IO[str], on_line: Callable[[str], None] | None) -> None:
        self._pipe = pipe
        self._on_line = on_line
        self._parts: list[str] = []
        self._length = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            for line in self._pipe:
                self._parts.append(line)
                self._length += len(line)
                while self._length > MAX_OUTPUT and len(self._parts) > 1:
                    self._length -= len(self._parts.pop(0))
                if self._on_line is not None:
                    self._on_line(line.rstrip("\n"))

    def text(self) -> str:
        """Return what was read; a grandchild that keeps the pipe open is not waited for."""
        self._thread.join(timeout=1.0)
        return "".join(self._parts)
