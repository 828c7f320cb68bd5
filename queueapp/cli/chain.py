"""A task and its items by operation, as the terminal shows them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.models.item import Item
from queueapp.states import ItemStatus, TaskStatus

COLOURS = {
    TaskStatus.QUEUED: "cyan",
    TaskStatus.RUNNING: "blue",
    TaskStatus.COMPLETED: "green",
    TaskStatus.FAILED: "red",
    TaskStatus.CANCELED: "yellow",
}


@dataclass(frozen=True)
class Step:
    """The items of one operation in a task, counted."""

    operation: str
    total: int
    done: int
    running: int
    failed: int


@dataclass(frozen=True)
class Snapshot:
    """A task at one moment: its counts by operation, in the order they appeared, and what runs now."""

    task: TaskView
    steps: list[Step]
    now: list[str]


def read_snapshot(session: Session, task_id: int) -> Snapshot:
    """Read a task's present state; raises NotFound."""
    counts = sa.select(
        Item.type,
        sa.func.count(),
        sa.func.count().filter(Item.status.in_([ItemStatus.COMPLETED, ItemStatus.SKIPPED])),
        sa.func.count().filter(Item.status == ItemStatus.RUNNING),
        sa.func.count().filter(Item.status == ItemStatus.FAILED),
    )
    rows = session.execute(
        counts.where(Item.task_id == task_id).group_by(Item.type).order_by(sa.func.min(Item.index))
    )
    steps = [Step(*row) for row in rows]
    running = session.execute(
        sa.select(Item.type, Item.title, Item.subject)
        .where(Item.task_id == task_id, Item.status == ItemStatus.RUNNING, Item.stage == 3)
        .order_by(Item.started_at)
        .limit(3)
    )
    now = [f"{type_}: {title or subject or ''}".rstrip(": ") for type_, title, subject in running]
    return Snapshot(reads.get_task(session, task_id), steps, now)


def render(snapshot: Snapshot) -> RenderableType:
    """A few lines for a terminal that are redrawn in place."""
    task = snapshot.task
    head = Text.assemble(
        (f"{task.status.value:<9} ", COLOURS[task.status]), (f"{task.title}", "bold"), f"  task {task.id}"
    )
    lines: list[RenderableType] = [head]
    grid = Table.grid(padding=(0, 2))
    for step in snapshot.steps:
        failed = Text(f"{step.failed} failed", style="red") if step.failed else Text("")
        bar = ProgressBar(total=max(step.total, 1), completed=step.done + step.failed, width=28)
        grid.add_row(f"  {step.operation}", bar, f"{step.done}/{step.total}", failed)
    lines.append(grid)
    lines += [Text(f"  now {text}", style="dim", overflow="ellipsis", no_wrap=True) for text in snapshot.now]
    return Group(*lines)


def as_line(snapshot: Snapshot) -> str:
    """The same in one plain line, for a log."""
    task = snapshot.task
    steps = ", ".join(
        f"{step.operation} {step.done}/{step.total}" + (f" ({step.failed} failed)" if step.failed else "")
        for step in snapshot.steps
    )
    return f"task {task.id} {task.status.value}: {task.title} [{steps}]"


def summary(task: TaskView) -> str:
    """One line about a task that has ended."""
    parts = [f"{task.completed_items} of {task.total_items} items done"]
    counts = (
        ("skipped", task.skipped_items),
        ("failed", task.failed_items),
        ("canceled", task.canceled_items),
    )
    parts += [f"{count} {word}" for word, count in counts if count]
    if task.elapsed_seconds is not None:
        parts.append(f"in {task.elapsed_seconds:.1f} s")
    if task.warnings:
        parts.append(f"{len(task.warnings)} warnings: {task.warnings[0]}")
    return f"task {task.id} {task.status.value}: {task.title}: {', '.join(parts)}"
