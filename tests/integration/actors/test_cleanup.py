"""The operation cleanup deletes what is past its retention, says how much, and can be stopped midway."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from actors.cleanup import Cleanup, perform
from queueapp.bootstrap import Runtime
from queueapp.execution.context import Context
from queueapp.ledger.claims import Claim
from queueapp.ledger.progress import Report
from queueapp.models.idempotency import IdempotencyKey
from queueapp.models.task import Task
from tests.integration.finished_tasks import finished_task


class Stopped(BaseException):
    """What the engine raises into an actor whose item is canceled."""


class Told:
    """Takes what the actor reports, and asks it to stop after so many reports."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.requested = threading.Event()
        self.reports: list[Report] = []
        self.lines: list[str] = []
        self._stop_after = stop_after

    def report(self, report: Report) -> None:
        self.reports.append(report)
        if len(self.reports) == self._stop_after:
            self.requested.set()

    def line(self, item_id: int, level: str, message: str) -> None:
        self.lines.append(message)

    def warning(self, task_id: int, message: str) -> None:
        raise AssertionError(message)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        yield

    def check(self) -> None:
        if self.requested.is_set():
            raise Stopped


def context(runtime: Runtime, told: Told, *, dry_run: bool = False) -> Context:
    claim = Claim(
        item_id=1,
        task_id=1,
        type="cleanup",
        number=1,
        attempt=1,
        max_attempts=6,
        payload="{}",
        dry_run=dry_run,
    )
    return Context(runtime, claim, 1, told, told)


def add_tasks(runtime: Runtime, *days_ago: float, items: int = 1) -> None:
    with runtime.transaction() as session:
        for age in days_ago:
            finished_task(session, age, items=items)


def tasks_left(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Task)) or 0


def test_it_deletes_past_the_configured_retention_and_says_how_much(runtime: Runtime) -> None:
    add_tasks(runtime, 31, 32, 29, 0, items=3)
    told = Told()
    result = perform(Cleanup(), context(runtime, told))
    assert result == {
        "older_than_days": 30,
        "deleted_tasks": 2,
        "deleted_items": 6,
        "deleted_schedule_runs": 0,
        "deleted_webhooks": 0,
    }
    assert tasks_left(runtime) == 2
    assert told.lines == ["Deleted 2 tasks with 6 items, older than 30 days"]
    assert told.reports[-1].progress == 1.0


def test_an_age_in_the_payload_goes_before_the_setting(runtime: Runtime) -> None:
    add_tasks(runtime, 31, 8, 6)
    assert perform(Cleanup(older_than_days=7), context(runtime, Told()))["deleted_tasks"] == 2
    assert tasks_left(runtime) == 1


def test_a_dry_run_says_what_it_would_delete_and_deletes_nothing(runtime: Runtime) -> None:
    add_tasks(runtime, 31, 32, 1, items=2)
    told = Told()
    result = perform(Cleanup(), context(runtime, told, dry_run=True))
    assert result == {"older_than_days": 30, "would_delete_tasks": 2, "would_delete_items": 4}
    assert tasks_left(runtime) == 3
    assert told.lines == ["Would delete 2 tasks with 4 items, older than 30 days"]


def test_nothing_to_delete_is_a_success(runtime: Runtime) -> None:
    assert perform(Cleanup(), context(runtime, Told()))["deleted_tasks"] == 0


def test_a_cancel_stops_it_between_two_batches(runtime: Runtime) -> None:
    add_tasks(runtime, 33, 32, 31, items=800)
    with pytest.raises(Stopped):
        perform(Cleanup(), context(runtime, Told(stop_after=1)))
    assert tasks_left(runtime) == 1


@pytest.mark.parametrize("wrong", [{"older_than_days": 0}, {"older_than_days": "soon"}, {"days": 3}])
def test_a_payload_that_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Cleanup.model_validate(wrong)


def test_answers_kept_under_a_key_are_forgotten_after_a_day(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for hours in (23, 25):
            created_at = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, hours)
            row = {"caller": "key:1", "key": str(hours), "fingerprint": "", "claim": "", "status": 201}
            session.execute(sa.insert(IdempotencyKey).values(created_at=created_at, **row))
    perform(Cleanup(older_than_days=None), context(runtime, Told()))
    with runtime.transaction() as session:
        assert session.scalars(sa.select(IdempotencyKey.key)).all() == ["23"]
