"""Deletes old finished tasks for good, in batches; a person's deletions are in `services.undo`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, cast

from sqlalchemy.orm import Session

from queueapp.ledger import pruning
from queueapp.ledger.items import Conn
from queueapp.ledger.pruning import BEGINNING, Finished

#: Told after each batch how many tasks and items it deleted; may raise, to stop there.
OnBatch = Callable[[int, int], None]


class Transactions(Protocol):
    """A runtime, or the context of an actor."""

    def transaction(self) -> AbstractContextManager[Session]:
        """Give a session whose work is committed at the end."""


def prune_finished(
    database: Transactions, older_than_days: float, batch: int = 1000, on_batch: OnBatch | None = None
) -> int:
    """Delete tasks that finished longer ago than that, a commit for each batch; returns how many.

    `batch` bounds the rows of a commit, tasks and items together; a larger task is a batch of its own.
    """
    deleted, place = 0, BEGINNING
    while True:
        with database.transaction() as session:
            found = pruning.finished_before(_conn(session), older_than_days, place, batch)
        if not found:
            return deleted
        for chosen in _batches(found, batch):
            with database.transaction() as session:
                counts = pruning.delete_finished(_conn(session), [one.task_id for one in chosen])
            deleted += counts[0]
            if on_batch:
                on_batch(*counts)
        place = found[-1].place


def count_prunable(database: Transactions, older_than_days: float) -> tuple[int, int]:
    """How many tasks, and items in them, `prune_finished` would delete now."""
    with database.transaction() as session:
        return pruning.count_finished(_conn(session), older_than_days)


def _batches(found: Sequence[Finished], rows: int) -> Iterator[list[Finished]]:
    chosen: list[Finished] = []
    size = 0
    for one in found:
        if chosen and size + 1 + one.total_items > rows:
            yield chosen
            chosen, size = [], 0
        chosen.append(one)
        size += 1 + one.total_items
    if chosen:
        yield chosen


def _conn(session: Session) -> Conn:
    return cast("Conn", session.connection().connection.driver_connection)
