"""A task's life as moments: created, started, stopped or finished, with the time between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webui.pages import words

ENDINGS = {"completed": "Completed", "failed": "Failed", "canceled": "Cancel asked for"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that was, or with `at` None one still ahead; `gap` is the time since the one before."""

    label: str
    at: datetime | None = None
    gap: str = ""
    tone: str = "queued"
    note: str = ""


def of_task(task: Any) -> list[Moment]:
    """The moments of a task."""
    moments = [Moment("Created", task.created_at)]
    if task.started_at:
        moments.append(
            Moment("Started", task.started_at, words.span(task.created_at, task.started_at), "running")
        )
    elif not task.finished_at:
        at = f"due {words.utc(task.scheduled_for)}" if task.scheduled_for else "waits for a worker"
        moments.append(Moment("Start", note=at))
    if task.finished_at:
        since = task.started_at or task.created_at
        label = ENDINGS.get(str(task.status), "Finished")
        moments.append(Moment(label, task.finished_at, words.span(since, task.finished_at), str(task.status)))
    elif task.started_at:
        left = words.eta(task.eta_seconds) or "when all items are over"
        moments.append(Moment("End", note=left))
    if task.stopped_after_seconds is not None:
        took = words.duration(task.stopped_after_seconds)
        moments.append(Moment("All items stopped", task.finished_at, took, "canceled"))
    return moments
