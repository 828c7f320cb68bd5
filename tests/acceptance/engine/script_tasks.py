"""What the tests of running workers share: making script tasks, and waiting for them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from queueapp.bootstrap import Runtime
from queueapp.execution.rows import NewItem
from queueapp.ledger import reads
from queueapp.ledger.views import ItemView, TaskView
from queueapp.services import enqueue
from tests.waiting import eventually

ACTORS = "tests.engine_actors"


def create(
    runtime: Runtime, payloads: list[dict[str, Any]], operation: str = "script", **options: Any
) -> int:
    """Create a task of script items and return its id."""
    import tests.engine_actors  # noqa: F401 (registers the operations in this process too)

    wanted = [NewItem(operation, payload) for payload in payloads]
    return enqueue.create_task(runtime, enqueue.NewTask(type=operation, items=wanted, **options)).task_id


def task(runtime: Runtime, task_id: int) -> TaskView:
    """Return a task as it stands."""
    with runtime.transaction() as session:
        return reads.get_task(session, task_id)


def items(runtime: Runtime, task_id: int) -> list[ItemView]:
    """Return a task's first hundred items as they stand."""
    with runtime.transaction() as session:
        return reads.list_items(session, task_id, limit=100)[0]


def finished(runtime: Runtime, task_id: int, seconds: float = 30) -> TaskView:
    """Wait for a task's end and return it."""
    return eventually(
        lambda: view if (view := task(runtime, task_id)).finished_at and not view.canceling else None,
        seconds=seconds,
        what=f"the end of task {task_id}",
    )


def running(runtime: Runtime, task_id: int, count: int = 1, seconds: float = 15) -> TaskView:
    """Wait until some items of a task run."""
    return eventually(
        lambda: view if (view := task(runtime, task_id)).running_items >= count else None,
        seconds=seconds,
        what=f"{count} running items of task {task_id}",
    )


def lines(trace: Path) -> list[list[str]]:
    """Return the words of each line of a trace."""
    return [line.split() for line in trace.read_text().splitlines()] if trace.exists() else []


def starts(trace: Path) -> Counter[str]:
    """Return how often each name started."""
    return Counter(" ".join(words[1:-3]) for words in lines(trace) if words[0] == "start")
