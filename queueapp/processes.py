"""Child processes that end with us, and the finding of those that did not."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import psutil

PR_SET_PDEATHSIG = 1
#: Start times within this are the same: they are computed from a clock that may be set.
SAME_START_SECONDS = 2.0
#: Linux lets ordinary users, all together, set the niceness of one autogroup in so many seconds.
_AUTOGROUP_SECONDS = 0.11
_AUTOGROUP_TRIES = 3


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


def step_back(pid: int, niceness: int) -> None:
    """Have a session's first process, and what it starts, step back for the processor (0 not at all, 19 furthest).

    One that steps back further already stays there. Nothing happens where the system has no such thing.
    """
    if niceness:
        _be_nice(pid, niceness)
        _set_autogroup(pid, niceness)


def step_back_ourselves(niceness: int) -> None:
    """Have this process with all its threads step back, and its session if its parent or itself began that.

    A session that somebody else began, such as a shell, is left as it is: it goes on after us.
    """
    if os.getsid(0) in (os.getpid(), os.getppid()):
        step_back(os.getpid(), niceness)
    for thread in threading.enumerate():
        if thread.native_id is not None:
            _be_nice(thread.native_id, niceness)


def _set_autogroup(pid: int, niceness: int) -> None:
    """Linux may share the processor among sessions first (sched_autogroup); then each has a niceness of its own."""
    for _ in range(_AUTOGROUP_TRIES):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
        except BlockingIOError:
            time.sleep(_AUTOGROUP_SECONDS)
        except OSError:
            return
        else:
            return


def _be_nice(pid: int, niceness: int) -> None:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, max(niceness, os.getpriority(os.PRIO_PROCESS, pid)))


def spawn(
    command: list[str], *, death_signal: int, output: IO[Any] | int, pid_file: Path, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a program in its own session, where Ctrl-C does not reach it, and note it in `pid_file`.

    Raises OSError, with nothing left running, when it cannot be started or noted.
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent(death_signal),
        **options,
    )
    try:
        note_process(pid_file, child.pid)
    except OSError:
        child.kill()
        child.wait()
        raise
    return child


def note_process(pid_file: Path, pid: int) -> None:
    """Write which process runs, with its start time, since numbers are used again."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    pid_file.write_text(json.dumps({"pid": pid, "started": started}), encoding="ascii")


def end_survivor(pid_file: Path, stop_signal: int, patience_seconds: float) -> None:
    """End what still runs of the process that `pid_file` names, its group included; then forget it."""
    noted = _read_note(pid_file)
    if noted is not None:
        leader, family = _survivors(*noted)
        if leader is not None:
            _send(leader, stop_signal)
            _wait_until_gone([leader], patience_seconds)
        if family:
            kill_group(noted[0])
            _wait_until_gone(family, patience_seconds)
    pid_file.unlink(missing_ok=True)


def _read_note(pid_file: Path) -> tuple[int, float] | None:
    try:
        noted = json.loads(pid_file.read_text(encoding="ascii"))
        return int(noted["pid"]), float(noted["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _survivors(pid: int, started: float) -> tuple[psutil.Process | None, list[psutil.Process]]:
    """The leader if it lives, and all that lives of its group.

    A number that is used again names a younger process, which is not ours and neither is its group.
    """
    leader, family = None, []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) != pid or not alive(process.pid):
                continue
            if process.pid == pid and abs(process.create_time() - started) > SAME_START_SECONDS:
                return None, []
        except (psutil.Error, ProcessLookupError):
            continue
        family.append(process)
        if process.pid == pid:
            leader = process
    return leader, family


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


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has reaped, as PID 1 of a container may not, does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _wait_until_gone(family: list[psutil.Process], patience_seconds: float) -> None:
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if not any(process.is_running() and alive(process.pid) for process in family):
            return
        time.sleep(0.02)


def _send(process: psutil.Process, signal_number: int) -> None:
    try:
        process.send_signal(signal_number)
    except psutil.NoSuchProcess:
        pass


def kill_group(group: int) -> None:
    """Kill everything that is still in a process group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
