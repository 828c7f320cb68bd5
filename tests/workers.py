"""Real worker processes for tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from tests.waiting import eventually

PROJECT = Path(__file__).parent.parent


class WorkerHandle:
    """A running `dramatiq` command with its one worker process."""

    def __init__(self, runtime: Runtime, process: subprocess.Popen[bytes], log: Path) -> None:
        self._runtime = runtime
        self.process = process
        self.log = log
        self.worker_id = 0
        self.pid = 0

    def wait_until_registered(self) -> None:
        """Wait until the worker process has its row in the ledger."""
        query = sa.text("SELECT id, pid FROM queue_workers WHERE state = 'running' ORDER BY id DESC")

        def registered() -> bool:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            with self._runtime.transaction() as session:
                for worker_id, pid in session.execute(query):
                    if _parent_of(pid) == self.process.pid:
                        self.worker_id, self.pid = worker_id, pid
                        return True
            return False

        eventually(registered, seconds=30, what="the worker's registration")

    def kill(self) -> None:
        """Kill the command and its worker process, as kill -9 does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker process itself."""
        os.kill(self.pid, number)

    def terminate(self, seconds: float = 30) -> int:
        """Stop the command as a supervisor would and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def _parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


@contextlib.contextmanager
def run_worker(
    runtime: Runtime,
    *,
    actors: str = "actors",
    threads: int = 4,
    lanes: Sequence[str] = (),
    environ: dict[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> Iterator[WorkerHandle]:
    """Run `dramatiq <actors>` on a runtime's database and Redis for the length of a block.

    `prefix` is a program, with its arguments, that starts it.
    """
    settings = runtime.settings
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUEUEAPP_")},
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "QUEUEAPP_DATA_DIR": str(settings.data_dir),
        "QUEUEAPP_QUEUE__ACTORS": actors,
        "PYTHONPATH": str(PROJECT),
        # Tests that run at the same time are no pages to make room for.
        "QUEUEAPP_WORKER__NICENESS": "0",
        **(environ or {}),
    }
    command = [
        *prefix,
        sys.executable,
        "-m",
        "dramatiq",
        actors,
        "-p",
        "1",
        "-t",
        str(threads),
        "--path",
        str(PROJECT),
    ]
    if lanes:
        command += ["-Q", *lanes]
    with tempfile.NamedTemporaryFile(prefix="worker-", suffix=".log", delete=False) as log:
        process = subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True)
    handle = WorkerHandle(runtime, process, Path(log.name))
    try:
        handle.wait_until_registered()
        yield handle
    finally:
        handle.kill()
        handle.log.unlink()


@contextlib.contextmanager
def supervised_workers(runtime: Runtime, *, actors: str, count: int, threads: int = 4) -> Iterator[None]:
    """Run workers that are started again whenever they die, for the length of a block."""
    stopping = threading.Event()

    def keep_one() -> None:
        while not stopping.is_set():
            with run_worker(runtime, actors=actors, threads=threads) as handle:
                while (
                    not stopping.is_set() and psutil.pid_exists(handle.pid) and handle.process.poll() is None
                ):
                    stopping.wait(0.1)

    keepers = [threading.Thread(target=keep_one, daemon=True) for _ in range(count)]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        stopping.set()
        for keeper in keepers:
            keeper.join(60)
