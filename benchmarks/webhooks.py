"""A thousand import webhooks in ten seconds: how soon each is answered, and that each is stored and done once.

`python -m benchmarks.webhooks`: a web process, a worker and a priority worker on servers of their own. The films
are small real videos, so the imports that the webhooks set going compete with the answers for the same cores.
"""

from __future__ import annotations

import argparse
import http.client
import json
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import door
from benchmarks.services import Services, fresh_services
from benchmarks.systems.processes import running, wait_for
from queueapp.demo import Audio, make_video

SENDERS = 20
#: Seconds within which all films are to be published.
FINISH_SECONDS = 600


@dataclass
class Answers:
    """What the senders saw, in milliseconds from the planned moment of sending to the whole answer."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, milliseconds: float, status: int) -> None:
        """Take one answer."""
        with self._lock:
            self.milliseconds.append(milliseconds)
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def at(self, share: float) -> float:
        """The time within which this share was answered."""
        ordered = sorted(self.milliseconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def measure(webhooks: int, seconds: float) -> dict[str, Any]:
    """Send so many webhooks, evenly over so many seconds, and return the figures."""
    with fresh_services() as services, tempfile.TemporaryDirectory(prefix="benchmark-films-") as folder:
        films = [_film(Path(folder), number) for number in range(webhooks)]
        environment, port = door.environment(services, Path(folder))
        with door.wired(services) as runtime:
            key = door.prepare(runtime, Path(folder))
        with running(door.commands(), environment) as processes:
            wait_for(lambda: door.answers(port), door.START_SECONDS, "the web process", 0.2)
            wait_for(
                lambda: door.one(services, door.WORKERS_READY) == door.WORKERS,
                door.START_SECONDS,
                "the workers",
                0.2,
            )
            web = psutil.Process(processes[0].pid).children()[0]
            answers, began, spent = Answers(), time.monotonic(), _cpu_seconds(web)
            _send_all(port, key, films, seconds, answers)
            sent_seconds = time.monotonic() - began
            spent = _cpu_seconds(web) - spent
            wait_for(lambda: _left(services) == 0, FINISH_SECONDS, "the imports", 0.5)
            done_seconds = time.monotonic() - began
        return {
            "webhooks": webhooks,
            "seconds": round(sent_seconds, 1),
            "statuses": answers.statuses,
            "p50_ms": round(answers.at(0.5), 1),
            "p99_ms": round(answers.at(0.99), 1),
            "max_ms": round(answers.at(1.0), 1),
            "web_cpu_ms_each": round(spent * 1000 / webhooks, 2),
            **_counts(services),
            "all_published_after_seconds": round(done_seconds, 1),
        }


def _film(folder: Path, number: int) -> Path:
    source = folder / "source.mkv"
    if not source.exists():
        make_video(source, 1, [Audio("eng")])
    path = folder / "films" / f"Film {number} (2000)" / f"Film {number} (2000).mkv"
    path.parent.mkdir(parents=True)
    path.write_bytes(source.read_bytes())
    return path


def _send_all(port: int, key: str, films: list[Path], seconds: float, answers: Answers) -> None:
    began = time.monotonic() + 0.2

    def send(first: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            for number in range(first, len(films), SENDERS):
                planned = began + number * seconds / len(films)
                time.sleep(max(planned - time.monotonic(), 0))
                body = json.dumps(door.payload(films[number], number))
                headers = {"X-Api-Key": key, "Content-Type": "application/json"}
                connection.request("POST", "/webhooks/radarr", body, headers)
                response = connection.getresponse()
                response.read()
                answers.note((time.monotonic() - planned) * 1000, response.status)

    senders = [threading.Thread(target=send, args=[first]) for first in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _left(services: Services) -> int:
    return door.one(
        services,
        "SELECT (SELECT count(*) FROM webhooks WHERE outcome = 'received')"
        " + (SELECT count(*) FROM queue_tasks WHERE status IN ('queued', 'running'))",
    )


def _counts(services: Services) -> dict[str, int]:
    return {
        "stored": door.one(services, "SELECT count(*) FROM webhooks"),
        "imports": door.one(
            services, "SELECT count(*) FROM queue_items WHERE type = 'import' AND status = 'completed'"
        ),
        "published": door.one(services, "SELECT count(*) FROM media WHERE published_at IS NOT NULL"),
        "failed_items": door.one(services, "SELECT count(*) FROM queue_items WHERE status = 'failed'"),
    }


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--webhooks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    print(json.dumps(measure(given.webhooks, given.seconds), indent=2))


if __name__ == "__main__":
    main()
