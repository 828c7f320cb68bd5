"""`python -m benchmarks.batch`: a batch over 20,000 files, from its start to the last result."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.services import Services, fresh_services
from queueapp import bootstrap, config
from queueapp.runtime import Runtime
from queueapp.services.batch import batch_results, batches
from queueapp.services.batch.batch_views import BatchProgress, NewBatch
from webui.job_ids import JobId

PROJECT = Path(__file__).parent.parent
#: Files in a folder.
IN_A_FOLDER = 200
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Figures:
    """What one batch took; times in seconds from the call that started it."""

    files: int
    accepted: float
    estimated: int | None
    first_result: float
    all_found: float
    all_done: float
    #: (part done, ETA said, seconds it then really took) a few times on the way
    told: tuple[tuple[float, int, float], ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the files, run a batch of a cheap operation over them with one worker of 8 threads, print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--operation", choices=("verify", "audio"), default="verify")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-batch-") as folder, fresh_services() as services:
        root = Path(folder) / "videos"
        _make_files(root, asked.files)
        settings = config.load(
            environ={},
            overrides={
                "data_dir": str(Path(folder) / "data"),
                "database_url": services.database_url,
                "redis_url": services.redis_url,
                "paths": {"allowed_roots": [str(root)]},
            },
        )
        runtime = bootstrap.runtime(settings)
        with _worker(services, root, Path(folder)):
            figures = _measure(runtime, NewBatch(path=str(root), operation=asked.operation))
        runtime.close()
    _print(figures)
    return 0


def _make_files(root: Path, number: int) -> None:
    for each in range(number):
        path = root / f"{each // IN_A_FOLDER:04d}" / f"film {each:06d}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no video")


@contextmanager
def _worker(services: Services, root: Path, folder: Path) -> Iterator[None]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUEUEAPP_")},
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "QUEUEAPP_DATA_DIR": str(folder / "data"),
        "QUEUEAPP_PATHS__ALLOWED_ROOTS": json.dumps([str(root)]),
    }
    command = [sys.executable, "-m", "dramatiq", "actors", "-p", "1", "-t", "8", "--path", str(PROJECT)]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=PROJECT)
    try:
        yield
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(60)
        for child in children:
            if child.is_running():
                child.kill()


def _measure(runtime: Runtime, asked: NewBatch) -> Figures:
    began = time.monotonic()
    task_id, estimate = batches.start(runtime, asked, created_by="benchmark")
    accepted = time.monotonic() - began
    first = found = 0.0
    told: list[tuple[float, int, float]] = []
    while True:
        status, progress = _look(runtime, task_id)
        now = time.monotonic() - began
        first = first or (now if progress.processed else 0.0)
        found = now if progress.eta_seconds is None and not told else found
        if progress.eta_seconds is not None:
            told.append((progress.percent, progress.eta_seconds, now))
        if status not in ("queued", "running"):
            break
        time.sleep(LOOK_SECONDS)
    done = time.monotonic() - began
    chosen = [next((one for one in told if one[0] >= part), None) for part in (25, 50, 75)]
    honest = tuple((one[0], one[1], done - one[2]) for one in chosen if one is not None)
    return Figures(progress.total_files, accepted, estimate, first, found, done, honest)


def _look(runtime: Runtime, task_id: int) -> tuple[str, BatchProgress]:
    with runtime.transaction() as session:
        summary = batch_results.summary(session, batches.get(session, task_id))
    assert summary.job_id == str(JobId(task_id))
    return summary.status, summary.progress


def _print(figures: Figures) -> None:
    print(f"files                      {figures.files:>10,}")
    print(f"accepted after             {figures.accepted * 1000:>10,.0f} ms  (estimate: {figures.estimated})")
    print(f"first result after         {figures.first_result:>10.1f} s")
    print(f"all files found after      {figures.all_found:>10.1f} s")
    print(
        f"all done after             {figures.all_done:>10.1f} s  ({figures.files / figures.all_done:,.0f} files/s)"
    )
    for part, said, took in figures.told:
        print(f"ETA at {part:>5.1f} %               {said:>7} s  (it took {took:.0f} s)")


if __name__ == "__main__":
    raise SystemExit(main())
