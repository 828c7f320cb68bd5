"""One supervised process: started, noted, restarted after a growing pause, stopped, its leftovers removed."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from queueapp import processes
from queueapp.supervisor.logfile import LogFile

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
#: Who lived this long is taken as healthy: the next pause is the first again.
HEALTHY_SECONDS = 60.0


@dataclass
class Child:
    """A line of the Procfile, or the nth copy of it."""

    name: str
    command: str
    folder: Path
    environment: dict[str, str]
    log: LogFile
    pid_file: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    #: When to start again, on the monotonic clock.
    due_at: float = field(default_factory=time.monotonic)
    quick_deaths: int = 0

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process in its own group, so that what it leaves behind can be found."""
        with self.log.open() as output:
            self.process = processes.spawn(
                ["/bin/sh", "-c", f"exec {self.command}"],
                death_signal=signal.SIGTERM,
                output=output,
                pid_file=self.pid_file,
                cwd=self.folder,
                env=self.environment,
            )
        self.started_at = time.monotonic()

    def settle_death(self) -> int:
        """After it ended: remove what it left, say its exit status, and when it is due again."""
        assert self.process is not None
        status = self.process.wait()
        processes.kill_group(self.process.pid)
        self.process = None
        self._rest()
        return status

    def _rest(self) -> None:
        lived = time.monotonic() - self.started_at
        self.quick_deaths = 1 if lived > HEALTHY_SECONDS else self.quick_deaths + 1
        self.due_at = time.monotonic() + self.pause_seconds

    def postpone(self) -> None:
        """After it could not even be started: it is due again after its pause."""
        self.started_at = time.monotonic()
        self._rest()

    @property
    def pause_seconds(self) -> float:
        """How long it stays down after its last death."""
        return min(FIRST_PAUSE_SECONDS * 2.0 ** (self.quick_deaths - 1), LONGEST_PAUSE_SECONDS)

    def ask_to_stop(self) -> None:
        """One SIGTERM to the leader alone: it drains and ends its own children."""
        if self.process is not None and self.running:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and everything in its group now."""
        if self.process is not None:
            processes.kill_group(self.process.pid)
            self.process.wait()
            self.process = None
        self.pid_file.unlink(missing_ok=True)
