"""Gathers what actors tell while they run, to be stored a few times a second rather than at each word."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from queueapp.ledger import progress
from queueapp.ledger.progress import Line, Report

#: Seconds between two storings.
STORE_SECONDS = 0.25


@dataclass(slots=True)
class Gathered:
    """Progress, log lines and warnings that are to be stored together."""

    reports: dict[int, Report] = field(default_factory=dict)
    lines: list[tuple[int, str, str, float]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.reports or self.lines or self.warnings)


class ReportBuffer:
    """Takes reports from any thread and gives them to the writer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gathered = Gathered()
        self._stored_at = 0.0

    def report(self, report: Report) -> None:
        """Take the newest progress of an item; an older one not yet stored is forgotten."""
        with self._lock:
            self._gathered.reports[report.item_id] = report

    def line(self, item_id: int, level: str, message: str) -> None:
        """Take a log line."""
        with self._lock:
            self._gathered.lines.append((item_id, level, message, time.monotonic()))

    def warning(self, task_id: int, message: str) -> None:
        """Take a warning for a task."""
        with self._lock:
            self._gathered.warnings.append((task_id, message))

    def due(self) -> bool:
        """Return whether something is to be stored now."""
        return bool(self._gathered) and time.monotonic() - self._stored_at >= STORE_SECONDS

    def __bool__(self) -> bool:
        return bool(self._gathered)

    def take(self) -> Gathered:
        """Take all that has gathered."""
        with self._lock:
            taken, self._gathered = self._gathered, Gathered()
            self._stored_at = time.monotonic()
            return taken

    def put_back(self, taken: Gathered) -> None:
        """Take back what could not be stored, behind nothing newer."""
        with self._lock:
            newer = self._gathered
            self._gathered = Gathered(
                taken.reports | newer.reports, taken.lines + newer.lines, taken.warnings + newer.warnings
            )

    def discard(self) -> None:
        """Forget what PostgreSQL refuses; it is words about an item, not its outcome."""
        self.take()

    @staticmethod
    def store(conn: psycopg.Connection[Any], gathered: Gathered, also_lock: Sequence[int]) -> None:
        """Store what was gathered; the rows of tasks, with those in `also_lock`, are locked in id order first."""
        if not gathered:
            return
        held = conn.execute(
            "SELECT DISTINCT task_id FROM queue_items WHERE id = ANY(%s)", (list(gathered.reports),)
        ).fetchall()
        task_ids = {row[0] for row in held} | {task_id for task_id, _ in gathered.warnings} | set(also_lock)
        conn.execute(
            "SELECT FROM queue_tasks WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (sorted(task_ids),)
        )
        now = time.monotonic()
        progress.record_lines(conn, [Line(i, level, text, now - at) for i, level, text, at in gathered.lines])
        progress.record_reports(conn, list(gathered.reports.values()))
        for task_id, message in gathered.warnings:
            progress.add_warning(conn, task_id, message)
