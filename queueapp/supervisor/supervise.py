"""The supervisor's loop: every process by itself, so that one death is one restart."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from queueapp import processes
from queueapp.config import Settings, child_environment
from queueapp.supervisor.child import Child
from queueapp.supervisor.logfile import LogFile
from queueapp.supervisor.procfile import read_procfile

TICK_SECONDS = 0.1
#: Beyond grace_seconds a process has this long to put its affairs in order before it is killed.
MARGIN_SECONDS = 10.0
#: Lines of the Procfile that are not long-running processes.
NOT_SERVICES = frozenset({"release"})

#: In the data directory: which processes run.
PID_FOLDER = "run"

Report = Callable[[str], None]


def remove_leftovers(data_dir: Path) -> None:
    """End the services of an earlier start on this data directory that outlived their supervisor."""
    for pid_file in (data_dir / PID_FOLDER).glob("*.pid"):
        processes.end_survivor(pid_file, signal.SIGKILL, MARGIN_SECONDS)


class Supervisor:
    """Runs the services of a Procfile until told to stop.

    It must be created, run and stopped in the main thread: the kernel ends the children with the thread that
    started them, and signals arrive there.
    """

    def __init__(
        self, settings: Settings, folder: Path, report: Report, on_line: Report | None = None
    ) -> None:
        self.settings = settings
        self.report = report
        self.on_line = on_line
        self.stop_asked = threading.Event()
        self._hurry = False
        self._pid_folder = settings.data_dir / PID_FOLDER
        self._log_folder = settings.data_dir / "logs"
        self._pid_folder.mkdir(mode=0o700, exist_ok=True)
        self._log_folder.mkdir(exist_ok=True)
        environment = child_environment(settings)
        self.children = [
            self._child(name, command, folder, environment)
            for line, command in read_procfile(folder).items()
            if line not in NOT_SERVICES
            for name in self._names(line)
        ]

    def _names(self, line: str) -> list[str]:
        count = self.settings.worker.processes if line == "worker" else 1
        return [line] if count == 1 else [f"{line}.{number}" for number in range(1, count + 1)]

    def _child(self, name: str, command: str, folder: Path, environment: dict[str, str]) -> Child:
        log = LogFile(self._log_folder / f"{name}.log")
        return Child(name, command, folder, environment, log, self._pid_folder / f"{name}.pid")

    def handle_signals(self) -> None:
        """From now on SIGINT and SIGTERM stop us; a second one kills the children at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: object) -> None:
        if self.stop_asked.is_set():
            self._hurry = True
        self.stop_asked.set()

    def run(self, each_round: Callable[[], None] | None = None) -> None:
        """Start everything and keep it running until asked to stop; `each_round` is called between rounds."""
        while not self.stop_asked.is_set():
            if each_round is not None:
                each_round()
            self.look_after_children()
            self.stop_asked.wait(TICK_SECONDS)

    def look_after_children(self) -> None:
        """One round: settle deaths, start what is due, keep logs in bounds, pass on new lines."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and not child.running:
                self._settle(child)
            if child.process is None and child.due_at <= now:
                self._start(child)
            elif child.running:
                child.log.rotate_if_large()
            self._pass_on(child)

    def _start(self, child: Child) -> None:
        try:
            child.log.rotate_if_large()
            child.start()
        except OSError as error:  # no room on the disk, say
            child.postpone()
            self.report(
                f"{child.name} could not be started: {error}; trying again in {child.pause_seconds:g} s"
            )

    def _settle(self, child: Child) -> None:
        status = child.settle_death()
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self.report(f"{child.name} {how}; it starts again in {child.pause_seconds:g} s")
        if self.on_line is None and child.quick_deaths > 1:
            for line in child.log.last_lines():
                self.report(f"  {child.name} | {line}")

    def _pass_on(self, child: Child) -> None:
        if self.on_line is not None:
            for line in child.log.new_lines():
                self.on_line(f"{child.name:<10} | {line}")

    def stop(self) -> None:
        """One SIGTERM to each leader, then wait for `grace_seconds` and a little, then kill what is left."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + self.settings.worker.grace_seconds + MARGIN_SECONDS
        while any(child.running for child in self.children):
            if self._hurry or time.monotonic() > deadline:
                break
            time.sleep(TICK_SECONDS / 2)
            for child in self.children:
                self._pass_on(child)
        for child in self.children:
            if child.running:
                self.report(f"{child.name} did not stop in time and was killed")
            child.kill()
