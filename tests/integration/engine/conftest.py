"""Fixtures for tests of the engine's parts together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from queueapp.bootstrap import Runtime
from queueapp.execution.process import WorkerProcess
from queueapp.priorities import LANES

THREADS = 2


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerProcess]:
    """A worker process without its maintenance, which looks at all lanes each second."""
    process = WorkerProcess(runtime, "a process", LANES, THREADS, lambda: ())
    process.fetcher.worker_id = process._heartbeat.register()

    def perform() -> None:
        while not process.fetcher.stopping:
            for lane in process.fetcher.lanes.values():
                with suppress(queue.Empty):
                    process.runner.run_message(*lane.get_nowait().args)
                    process.fetcher.release()
            threading.Event().wait(0.001)

    for part in [process.fetcher.run, process._writer.run, process._watch.run, *[perform] * THREADS]:
        process._threads.append(threading.Thread(target=part, daemon=True))
    for thread in process._threads:
        thread.start()
    yield process
    process.drain(0)
    process.stop()
    process._heartbeat._conn.drop()
