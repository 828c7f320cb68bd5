"""One act on many tasks: on each by itself, for as long as a request may take, and from there on with the next.

What fits a filter is taken newest first as it was when the act began: a task made or fitting later is not met, one that
does not fit any more when its turn comes is left alone, and what is behind the place is never read twice, so a million
tasks cost no more each than one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from queueapp import errors
from queueapp.ledger.filters import Cursor, Page, TaskFilter
from queueapp.ledger.listing import count_tasks
from queueapp.ledger.walk import Place, task_places
from queueapp.models.undo import UndoableAct
from queueapp.runtime import Runtime
from queueapp.services import cancel, retry, undo

Action = Literal["cancel", "retry", "delete", "priority"]

#: Tasks that one request may concern.
MAX_TASKS = 10_000
#: Seconds after which no further task is begun, so that a request is answered before clients lose patience.
WITHIN_SECONDS = 5.0
#: What concerns one task and leaves the others to be done.
REFUSALS = (
    errors.NotFound, errors.WrongStatus, errors.Conflict, errors.AlreadyQueued, errors.QueueFull,
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Matching:
    """What an act on all that fits a filter concerns: the next tasks, and how many there are from here on."""

    ids: list[int]
    total: int
    is_estimate: bool
    #: by task, where it stands; empty where `ids` are all
    places: dict[int, Place]

    def cursor_behind(self, task_id: int) -> str | None:
        """The cursor to go on with behind one of the tasks; None where `ids` are all."""
        place = self.places.get(task_id)
        return Cursor("created_at", "desc", place).encode() if place else None


def matching(runtime: Runtime, chosen: TaskFilter, cursor: str | None = None) -> Matching:
    """Return the tasks a filter admits, newest first and at most MAX_TASKS. Raises BadPayload for a bad cursor."""
    behind = Cursor.decode(cursor, Page()).values if cursor else None
    with runtime.transaction() as session:
        found = task_places(session, chosen, MAX_TASKS + 1, behind and (behind[0], behind[1]))
        if len(found) <= MAX_TASKS:
            return Matching([task_id for _, task_id in found], len(found), False, {})
        total, is_estimate = count_tasks(session, chosen)
    places = {place[1]: place for place in found[:MAX_TASKS]}
    return Matching(list(places), total, is_estimate, places)


def act_on(
    runtime: Runtime,
    action: Action,
    ids: Sequence[int],
    *,
    by: str,
    priority: int | None = None,
    token: str | None = None,
    within_seconds: float = WITHIN_SECONDS,
) -> Done:
    """Do it to one task after the other, each in a commit of its own, until the time is up.

    `token` joins it to the part of the act that was done before: then one token takes back all of it.
    Raises NotFound and Gone for a token that cannot be joined, DatabaseUnavailable only when nothing has been done
    yet; later it ends there, and tells how far it came.
    """
    if action in {"delete", "priority"}:
        token = undo.joined(runtime, token, UndoableAct(action), by) if token else undo.new_token()
    else:
        token = ""
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
        except (errors.DatabaseUnavailable, errors.Gone):
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
