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

from benchmarks import door, machine, publish
from benchmarks.services import Services, fresh_services
from benchmarks.systems.processes import running, wait_for
from benchmarks.table import Row
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


def measure(webhooks: int, seconds: float) -> tuple[dict[str, Any], dict[str, str]]:
    """Send so many webhooks, evenly over so many seconds; return the figures and the facts of the machine."""
    with fresh_services() as services, tempfile.TemporaryDirectory(prefix="benchmark-films-") as folder:
        facts = machine.facts(services)
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
        figures = {
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
        return figures, facts


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


def rows(figures: dict[str, Any]) -> list[Row]:
    """The table's rows: measured, goal."""
    sent = figures["webhooks"]
    answered = ", ".join(f"{number:,} × {status}" for status, number in sorted(figures["statuses"].items()))
    done = "{stored:,} / {imports:,} / {published:,} / {failed_items:,}".format(**figures)
    return [
        Row("webhooks sent, evenly over so many seconds", (f"{sent:,} in {figures['seconds']}", "1,000 in 10")),
        Row("answers", (answered, f"{sent:,} × 200")),
        Row("sent to answered, p50 / p99 / worst ms",
            ("{p50_ms} / {p99_ms} / {max_ms}".format(**figures), "– / 50")),
        Row("CPU of the web process for each, ms", (str(figures["web_cpu_ms_each"]), "–")),
        Row("stored / imported once / published / failed", (done, f"{sent:,} / {sent:,} / {sent:,} / 0")),
        Row("from the first webhook to the last film published, s",
            (str(figures["all_published_after_seconds"]), "–")),
    ]  # fmt: skip


def main() -> None:
    """Measure, print the rows, and with --write put them into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--webhooks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--write", action="store_true", help="publish in docs/benchmarks.md")
    given = parser.parse_args()
    figures, facts = measure(given.webhooks, given.seconds)
    table = rows(figures)
    for row in table:
        print(f"{row.measure:75} {row.cells[0]:>24}   {row.cells[1]}")
    if given.write:
        publish.write(("measured", "goal"), table, facts, name="webhooks")


if __name__ == "__main__":
    main()
