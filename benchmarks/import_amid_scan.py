"""Imports told by webhook while a library of 100,000 films is scanned: how soon each begins and is published.

`python -m benchmarks.import_amid_scan`: a web process, a worker and a priority worker on servers of their own. The
films are small real videos, hard links to a few, and once their scan and its follow-ups keep every thread busy one
film after another is brought as by Radarr: a webhook, its import, and what follows, up to the NFO beside it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import door, machine, publish
from benchmarks.services import Services, fresh_services
from benchmarks.statistics import percentile
from benchmarks.systems.processes import running, wait_for
from benchmarks.table import Row
from queueapp.demo import Audio, make_video
from queueapp.services.library import libraries

#: Films that are links to one file: file systems bound their number.
LINKS = 20_000
#: Follow-ups that are finished before the first webhook is sent.
UNDER_WAY = 300
UNDER_WAY_SECONDS = 600
PUBLISHED_SECONDS = 120
#: Between the end of one import and the next webhook.
PAUSE_SECONDS = 0.3


@dataclass(frozen=True)
class Import:
    """One film: milliseconds from the webhook's sending to its answer, its task, its import's start and its NFO."""

    answered: float
    created: float
    started: float
    published: float


@dataclass(frozen=True)
class Measured:
    """All imports, and the work that stood in line when the first was told and after the last was published."""

    imports: list[Import]
    waiting_before: int
    waiting_after: int


def measure(films: int, imports: int) -> tuple[Measured, dict[str, str]]:
    """Scan so many films, and meanwhile bring in so many others."""
    with fresh_services() as services, tempfile.TemporaryDirectory(prefix="benchmark-films-") as name:
        facts, folder = machine.facts(services), Path(name)
        _make_films(folder, films)
        environment, port = door.environment(services, folder)
        with door.wired(services) as runtime, running(door.commands(), environment):
            key = door.prepare(runtime, folder)
            wait_for(lambda: door.answers(port), door.START_SECONDS, "the web process", 0.2)
            libraries.scan_library(runtime, 1, created_by="benchmark")
            wait_for(lambda: _finished(services) >= UNDER_WAY, UNDER_WAY_SECONDS, "the scan's beginning", 0.2)
            before = _waiting(services)
            found = [_bring(services, port, key, folder, number) for number in range(imports)]
            return Measured(found, before, _waiting(services)), facts


def _make_films(folder: Path, number: int) -> None:
    for each in range(number):
        source = folder / f"source {each // LINKS}.mkv"
        if not source.exists():
            make_video(source, 1, [Audio("eng")])
        path = folder / "films" / f"Film {each} (2000)" / f"Film {each} (2000).mkv"
        path.parent.mkdir(parents=True)
        os.link(source, path)


def _bring(services: Services, port: int, key: str, folder: Path, number: int) -> Import:
    time.sleep(PAUSE_SECONDS)
    path = folder / "films" / f"Import {number} (2001)" / f"Import {number} (2001).mkv"
    path.parent.mkdir()
    path.write_bytes((folder / "source 0.mkv").read_bytes())
    began = time.time()
    _send(port, key, path, number)
    answered = time.time()
    nfo = path.with_suffix(".nfo")
    wait_for(nfo.exists, PUBLISHED_SECONDS, f"the NFO of import {number}", 0.01)
    published = time.time()
    # A film is published while its import may still be about to be recorded.
    wait_for(lambda: _times(services, path) is not None, PUBLISHED_SECONDS, "the import's record", 0.05)
    times = _times(services, path)
    assert times is not None
    return Import(*(1000 * (moment - began) for moment in (answered, *times, published)))


def _send(port: int, key: str, path: Path, number: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        headers = {"X-Api-Key": key, "Content-Type": "application/json"}
        connection.request("POST", "/webhooks/radarr", json.dumps(door.payload(path, number)), headers)
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"the webhook was answered {response.status}: {response.read()!r}")


def _times(services: Services, path: Path) -> tuple[float, float] | None:
    """When the import of a film was stored, and when it started."""
    with psycopg.connect(services.database_url) as connection:
        row = connection.execute(
            "SELECT extract(epoch FROM created_at)::float, extract(epoch FROM started_at)::float FROM queue_items"
            " WHERE type = 'import' AND payload->>'path' = %s AND started_at IS NOT NULL",
            (str(path),),
        ).fetchone()
    return (row[0], row[1]) if row else None


def _finished(services: Services) -> int:
    return door.one(
        services, "SELECT count(*) FROM queue_items WHERE type = 'analyze' AND finished_at IS NOT NULL"
    )


def _waiting(services: Services) -> int:
    return door.one(services, "SELECT count(*) FROM queue_items WHERE status = 'queued'")


def rows(films: int, measured: Measured) -> list[Row]:
    """The table's rows: measured, goal."""

    def cells(name: str) -> str:
        values = [getattr(one, name) for one in measured.imports]
        return f"{percentile(values, 50):,.0f} / {percentile(values, 99):,.0f} (n={len(values)})"

    return [
        Row(f"items in line when the first webhook came, of a scan of {films:,} films",
            (f"{measured.waiting_before:,}", "–")),
        Row("… after the last import was published", (f"{measured.waiting_after:,}", "–")),
        Row("webhook sent to answered, p50 / p99 ms", (cells("answered"), "– / 50")),
        Row("webhook sent to its task stored, p50 / p99 ms", (cells("created"), "–")),
        Row("webhook sent to its import started, p50 / p99 ms", (cells("started"), "100 / 500")),
        Row("webhook sent to its NFO written, p50 / p99 ms", (cells("published"), "seconds")),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the rows, and with --write put them into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--imports", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="publish in docs/benchmarks.md")
    asked = parser.parse_args(arguments)
    measured, facts = measure(asked.films, asked.imports)
    table = rows(asked.films, measured)
    for row in table:
        print(f"{row.measure:75} {row.cells[0]:>24}   {row.cells[1]}")
    if asked.write:
        publish.write(("measured", "goal"), table, facts, name="import amid scan")
    return 0


if __name__ == "__main__":
    sys.exit(main())
