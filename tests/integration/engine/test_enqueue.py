"""The door: what is refused, with which words, and what is stored."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.execution.rows import NewItem
from queueapp.ledger import reads
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask


def _tasks(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        return session.scalar(sa.text("SELECT count(*) FROM queue_tasks")) or 0


def test_an_unknown_operation_is_refused_with_those_there_are(runtime: Runtime) -> None:
    with pytest.raises(errors.UnknownOperation, match=r"unknown operation 'nope'; known are .*noop"):
        enqueue.create_task(runtime, NewTask("nope", [{}]))
    assert _tasks(runtime) == 0


def test_every_bad_field_is_named_by_its_place(runtime: Runtime) -> None:
    bad: list[dict[str, Any]] = [{}, {"seconds": "1"}, {"secs": 1}, {"seconds": -1}]
    with pytest.raises(errors.BadPayload) as raised:
        enqueue.create_task(runtime, NewTask("sleep", bad))
    assert [one["loc"] for one in raised.value.errors] == [
        ["items", 1, "seconds"], ["items", 2, "secs"], ["items", 3, "seconds"]
    ]  # fmt: skip
    assert _tasks(runtime) == 0


def test_a_task_without_items_is_refused_unless_it_is_open(runtime: Runtime) -> None:
    with pytest.raises(errors.BadPayload):
        enqueue.create_task(runtime, NewTask("noop", []))
    created = enqueue.create_task(runtime, NewTask("noop", [], open=True))
    assert enqueue.add_items(runtime, created.task_id, [{}] * 3) == 3
    enqueue.close_task(runtime, created.task_id)
    with runtime.transaction() as session:
        view = reads.get_task(session, created.task_id)
    assert (view.total_items, view.open, view.status) == (3, False, "queued")


def test_closing_an_empty_open_task_completes_it(runtime: Runtime) -> None:
    created = enqueue.create_task(runtime, NewTask("noop", [], open=True))
    enqueue.close_task(runtime, created.task_id)
    with runtime.transaction() as session:
        assert reads.get_task(session, created.task_id).status == "completed"
    with pytest.raises(errors.WrongStatus):
        enqueue.add_items(runtime, created.task_id, [{}])


def test_a_second_task_with_the_dedup_key_is_refused_or_answered_with_the_first(runtime: Runtime) -> None:
    first = enqueue.create_task(runtime, NewTask("noop", [{}], dedup_key="k"))
    with pytest.raises(errors.AlreadyQueued) as raised:
        enqueue.create_task(runtime, NewTask("noop", [{}], dedup_key="k"))
    assert raised.value.task_id == first.task_id
    again = enqueue.create_task(runtime, NewTask("noop", [{}], dedup_key="k", on_conflict="return"))
    assert (again.task_id, again.created) == (first.task_id, False)


def test_bounds_are_named(runtime: Runtime) -> None:
    with pytest.raises(errors.TooLarge, match="100,000"):
        enqueue.create_task(runtime, NewTask("noop", [{}] * 100_001))


def test_titles_with_odd_characters_are_stored(runtime: Runtime) -> None:
    item = NewItem("noop", {}, title="nul \x00 and half \udcff", subject="\ud800")
    created = enqueue.create_task(runtime, NewTask("noop", [item], title="a\x00b"))
    with runtime.transaction() as session:
        ((stored,), _) = reads.list_items(session, created.task_id)
    assert stored.title == "nul \ufffd and half ?"


def test_many_items_get_normal_priority_and_few_high(runtime: Runtime) -> None:
    few = enqueue.create_task(runtime, NewTask("noop", [{}] * 2))
    many = enqueue.create_task(runtime, NewTask("noop", [{}] * 500))
    with runtime.transaction() as session:
        assert reads.get_task(session, few.task_id).priority == 3
        assert reads.get_task(session, many.task_id).priority == 5
        assert reads.get_task(session, many.task_id).total_items == 500


def test_only_so_many_tasks_may_be_active(runtime: Runtime) -> None:
    limits = runtime.settings.tasks.model_copy(update={"max_active": 1})
    runtime.settings = runtime.settings.model_copy(update={"tasks": limits})
    enqueue.create_task(runtime, NewTask("noop", [{}]))
    with pytest.raises(errors.TaskLimitReached):
        enqueue.create_task(runtime, NewTask("noop", [{}]))
    assert enqueue.create_task(runtime, NewTask("noop", [{}], automatic=True)).created


def test_pages_by_cursor_neither_miss_nor_double(runtime: Runtime) -> None:
    made = [enqueue.create_task(runtime, NewTask("noop", [{}], title=f"task {n}")).task_id for n in range(25)]
    seen: list[int] = []
    cursor = None
    while True:
        with runtime.transaction() as session:
            page = reads.list_tasks(session, TaskFilter(q="tas"), Page(limit=7, cursor=cursor))
        seen += [one.id for one in page.tasks]
        enqueue.create_task(runtime, NewTask("noop", [{}], title="task late"))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]
