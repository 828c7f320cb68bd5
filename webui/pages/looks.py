"""How each status looks: a word and an icon, so that colour is never the only sign; and the bars of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from webui.pages import words


@dataclass(frozen=True, slots=True)
class Look:
    """The word and the icon of a status."""

    label: str
    icon: str
    spins: bool = False


LOOKS = {
    "queued": Look("Queued", "queued"),
    "waiting": Look("Waiting", "waiting"),
    "scheduled": Look("Scheduled", "scheduled"),
    "retrying": Look("Retrying", "retry"),
    "paused": Look("Paused", "pause"),
    "running": Look("Running", "running", spins=True),
    "canceling": Look("Canceling", "running", spins=True),
    "completed": Look("Completed", "completed"),
    "warning": Look("Completed", "warning"),
    "failed": Look("Failed", "failed"),
    "canceled": Look("Canceled", "canceled"),
    "skipped": Look("Skipped", "skipped"),
    "crashed": Look("Worker died", "failed"),
    "interrupted": Look("Interrupted", "canceled"),
}


class Counted(Protocol):
    """A task as far as its bar needs it."""

    status: Any
    total_items: int
    completed_items: int
    failed_items: int
    skipped_items: int
    canceled_items: int


def look(status: str) -> Look:
    """The look of a shown status."""
    return LOOKS.get(str(status)) or Look(str(status).capitalize(), "queued")


def shown_status(task: Any) -> str:
    """The one word for a task, finer than its status: canceling, paused, done with warnings."""
    if task.canceling:
        return "canceling"
    if task.paused and task.status in ("queued", "running"):
        return "paused"
    if task.status == "completed" and task.warnings:
        return "warning"
    return str(task.status)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar that is 100 units wide."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A task's bar: done, failed, then what was skipped or canceled; and the same in words."""

    percent: int
    words: str
    segments: list[Segment]


def bar(task: Counted) -> Bar:
    """The bar of a task's counts."""
    counts = (
        ("done", task.completed_items),
        ("failed", task.failed_items),
        ("other", task.skipped_items + task.canceled_items),
    )
    segments, x = [], 0.0
    for kind, count in counts:
        width = round(100 * count / task.total_items, 2) if task.total_items else 0.0
        segments.append(Segment(kind, round(x, 2), width))
        x += width
    finished = sum(count for _, count in counts)
    said = f"{words.number(finished)} of {words.number(task.total_items)} finished"
    if task.failed_items:
        said += f", {words.number(task.failed_items)} failed"
    return Bar(min(100, int(x + 0.01)), said, segments)


def finished_items(task: Counted) -> int:
    """Items of a task that are over, whatever came of them."""
    return task.completed_items + task.failed_items + task.skipped_items + task.canceled_items
