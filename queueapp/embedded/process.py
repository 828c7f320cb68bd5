"""Child processes that end with us, and the finding of those that did not."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import psutil

PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel signal the child when our thread ends, even by kill -9.

    None where there is no such call; there the pid files find the survivors at the next start.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    number = int(signal_number)

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, number)

    return ask_kernel


def spawn(
    command: list[str], *, death_signal: int, output: IO[Any] | int, pid_file: Path, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a program in its own session, where Ctrl-C does not reach it, and note it in `pid_file`."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent(death_signal),
        **options,
    )
    note_process(pid_file, child.pid)
    return child


def note_process(pid_file: Path, pid: int) -> None:
    """Write which process runs, with its start time, since numbers are used again."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    pid_file.write_text(json.dumps({"pid": pid, "started": started}), encoding="ascii")


def survivor(pid_file: Path) -> psutil.Process | None:
    """The process of an earlier start that is still alive, if any."""
    try:
        noted = json.loads(pid_file.read_text(encoding="ascii"))
        process = psutil.Process(int(noted["pid"]))
        same = abs(process.create_time() - float(noted["started"])) < 1
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return process if same and process.status() != psutil.STATUS_ZOMBIE else None


def end_survivor(pid_file: Path, stop_signal: int, patience_seconds: float) -> None:
    """End the process that `pid_file` names, if it still runs, and its children; then forget it."""
    process = survivor(pid_file)
    if process is not None:
        family = [process, *_children(process)]
        _send(process, stop_signal)
        _, alive = psutil.wait_procs(family, timeout=patience_seconds)
        for stubborn in alive:
            _send(stubborn, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=patience_seconds)
    pid_file.unlink(missing_ok=True)


def stop(child: subprocess.Popen[bytes], stop_signal: int, patience_seconds: float) -> None:
    """Ask a child to end, wait, then kill it."""
    if child.poll() is not None:
        return
    child.send_signal(stop_signal)
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _send(process: psutil.Process, signal_number: int) -> None:
    try:
        process.send_signal(signal_number)
    except psutil.NoSuchProcess:
        pass
