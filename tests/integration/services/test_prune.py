"""Pruning deletes finished tasks past their age with all that is theirs, and nothing else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog
from queueapp.models.task import Task
from queueapp.services import prune, undo
from tests.integration.finished_tasks import finished_task


def task_ids(runtime: Runtime) -> set[int]:
    with runtime.transaction() as session:
        return set(session.scalars(sa.select(Task.id)))


def rows_of(runtime: Runtime, table: type[Item] | type[ItemLog]) -> int:
    with runtime.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_only_finished_tasks_past_the_age_are_deleted(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for status in ("completed", "failed", "canceled"):
            finished_task(session, 31, status=status)
        young = finished_task(session, 29)
        active = Task(type="noop", title="", priority=5, created_at=sa.text("now() - interval '90 days'"))
        session.add(active)
        session.flush()
        kept = {young, active.id}
    assert prune.count_prunable(runtime, 30) == (3, 3)
    assert prune.prune_finished(runtime, 30) == 3
    assert task_ids(runtime) == kept


def test_items_and_their_logs_go_with_their_task(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        finished_task(session, 40, items=5)
        finished_task(session, 1, items=2)
    prune.prune_finished(runtime, 30)
    assert rows_of(runtime, Item) == 2
    assert rows_of(runtime, ItemLog) == 2


@pytest.mark.parametrize("still", [{"unsettled": True}, {"running_items": 1, "canceled_items": 0}])
def test_a_canceled_task_that_is_still_stopping_is_kept(runtime: Runtime, still: dict[str, object]) -> None:
    with runtime.transaction() as session:
        stopping = finished_task(session, 40, status="canceled", **still)
    assert prune.prune_finished(runtime, 30) == 0
    assert task_ids(runtime) == {stopping}
    with pytest.raises(errors.WrongStatus, match="still stopping"):
        undo.delete_task(runtime, stopping, "me")


def test_a_batch_is_bounded_by_its_rows_and_a_large_task_is_one_by_itself(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for age, size in ((50, 2), (49, 2), (48, 30), (47, 1), (46, 1)):
            finished_task(session, age, items=size)
    batches: list[tuple[int, int]] = []
    assert prune.prune_finished(runtime, 30, batch=6, on_batch=lambda *counts: batches.append(counts)) == 5
    assert batches == [(2, 4), (1, 30), (2, 2)]


def test_stopping_after_a_batch_keeps_what_was_deleted(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for age in (50, 49, 48):
            finished_task(session, age)

    def stop(_tasks: int, _items: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prune.prune_finished(runtime, 30, batch=2, on_batch=stop)
    assert len(task_ids(runtime)) == 2


def test_a_task_in_use_by_another_transaction_is_passed_over(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        held, free = finished_task(session, 50), finished_task(session, 49)
    with runtime.transaction() as other:
        other.execute(sa.select(Task.id).where(Task.id == held).with_for_update())
        assert prune.prune_finished(runtime, 30) == 1
    assert task_ids(runtime) == {held}
    assert free not in task_ids(runtime)


def test_one_finished_task_can_be_deleted_whatever_its_age(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        task_id = finished_task(session, 0)
    undo.delete_task(runtime, task_id, "me")
    assert task_ids(runtime) == set()
    with pytest.raises(errors.NotFound):
        undo.delete_task(runtime, task_id, "me")


def test_an_active_task_is_not_deleted(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        task = Task(type="noop", title="", priority=5)
        session.add(task)
        session.flush()
    with pytest.raises(errors.WrongStatus) as refused:
        undo.delete_task(runtime, task.id, "me")
    assert refused.value.status == "queued"
