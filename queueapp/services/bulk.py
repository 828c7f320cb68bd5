"""One act on many tasks: on each of a fixed list of ids by itself, for as long as a request may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from queueapp import errors
from queueapp.ledger.filters import TaskFilter
from queueapp.ledger.walk import task_ids
from queueapp.runtime import Runtime
from queueapp.services import cancel, retry, undo

Action = Literal["cancel", "retry", "delete", "priority"]

#: Tasks that one request may concern.
MAX_TASKS = 10_000
#: Seconds after which no further task is begun, so that a request is answered before clients lose patience.
WITHIN_SECONDS = 5.0
#: What concerns one task and leaves the others to be done.
REFUSALS = (errors.NotFound, errors.WrongStatus, errors.Conflict, errors.AlreadyQueued)


@dataclass(frozen=True, slots=True)
class Refused:
    """A task on which the act was not possible, and why."""

    task_id: int
    reason: str


@dataclass(slots=True)
class Done:
    """How far an act on many tasks came; every task is in just one of the three."""

    done: int = 0
    refused: list[Refused] = field(default_factory=list)
    #: not begun, or with an end that is not known
    remaining: list[int] = field(default_factory=list)
    #: takes back what was done, where that is possible
    undo_token: str | None = None


def matching(runtime: Runtime, chosen: TaskFilter) -> list[int]:
    """Return the ids a filter admits now, newest first. Raises TooLarge for more than MAX_TASKS."""
    with runtime.transaction() as session:
        found = task_ids(session, chosen, MAX_TASKS + 1)
    if len(found) > MAX_TASKS:
        raise errors.TooLarge(f"more than {MAX_TASKS:,} tasks fit the filter, the most for one request")
    return found


def act_on(
    runtime: Runtime,
    action: Action,
    ids: Sequence[int],
    *,
    by: str,
    priority: int | None = None,
    within_seconds: float = WITHIN_SECONDS,
) -> Done:
    """Do it to one task after the other, each in a commit of its own, until the time is up.

    Raises DatabaseUnavailable only when nothing has been done yet; later it ends there, and tells how far it came.
    """
    token = undo.new_token() if action in {"delete", "priority"} else ""
    act = _act(runtime, action, by, priority, token)
    outcome, deadline = Done(), time.monotonic() + within_seconds
    for place, task_id in enumerate(ids):
        if place and time.monotonic() > deadline:
            outcome.remaining = list(ids[place:])
            break
        try:
            act(task_id)
        except REFUSALS as refusal:
            outcome.refused.append(Refused(task_id, refusal.message))
        except errors.DatabaseUnavailable:
            if not outcome.done:
                raise
            outcome.remaining = list(ids[place:])
            break
        else:
            outcome.done += 1
    if outcome.done:
        outcome.undo_token = token or None
    return outcome


def _act(
    runtime: Runtime, action: Action, by: str, priority: int | None, token: str
) -> Callable[[int], object]:
    match action:
        case "cancel":
            return lambda task_id: cancel.cancel_task(runtime, task_id, by)
        case "retry":
            return lambda task_id: retry.retry_task(runtime, task_id, by=by)
        case "delete":
            return lambda task_id: undo.delete_task(runtime, task_id, by, token)
        case "priority":
            if priority is None:
                raise errors.BadPayload("no priority", [{"loc": ["priority"], "msg": "is needed"}])
            return lambda task_id: undo.set_priority(runtime, task_id, priority, by, token)
