"""The list of tasks: orders, searches, totals, and paging while tasks are made and end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import listing, page_ways, reads, seeding
from queueapp.ledger.filters import ORDER_COLUMNS, Page, TaskFilter
from queueapp.ledger.page_ways import Way
from queueapp.ledger.views import TaskPage
from queueapp.models.task import Task
from queueapp.services import cancel
from queueapp.services.enqueue import NewTask, create_task
from queueapp.states import TaskStatus

ORDERS = [(order_by, order) for order_by in ORDER_COLUMNS for order in ("asc", "desc")]


def seeded(runtime: Runtime, tasks: int, items: int | None = None) -> None:
    with db.connect(runtime.settings.database_url or "") as conn:
        seeding.seed(conn, tasks, items or tasks)


def make(runtime: Runtime, title: str) -> int:
    return create_task(runtime, NewTask(type="noop", items=[{}], title=title)).task_id


def page_of(runtime: Runtime, chosen: TaskFilter, page: Page) -> TaskPage:
    with runtime.transaction() as session:
        return reads.list_tasks(session, chosen, page)


def every_id(runtime: Runtime, chosen: TaskFilter, **how: Any) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        page = page_of(runtime, chosen, Page(cursor=cursor, **how))
        found += [task.id for task in page.tasks]
        cursor = page.next_cursor
        if cursor is None:
            return found


def expected(session: Session, chosen: TaskFilter, page: Page) -> list[int]:
    columns = ORDER_COLUMNS[page.order_by]
    query = session.query(Task.id).filter(*chosen.conditions())
    ordered = (column.desc() if page.order == "desc" else column.asc() for column in columns)
    return [row[0] for row in query.order_by(*ordered)]


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize(("order_by", "order"), ORDERS)
def test_every_way_to_read_a_page_give_the_plain_answer(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, order_by: Any, order: Any, way: Way
) -> None:
    seeded(runtime, 400)
    if way is Way.BY_PRIORITY and order_by != "priority":
        way = Way.WALK
    monkeypatch.setattr(listing, "way_to", lambda *_: way)
    year = datetime.now(UTC).year
    for chosen in (
        TaskFilter(),
        TaskFilter(status=(TaskStatus.FAILED,)),
        TaskFilter(status=(TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.QUEUED)),
        TaskFilter(type=("scan", "enrich"), priority=5),
        TaskFilter(created_by="user:admin", status=(TaskStatus.COMPLETED,)),
        TaskFilter(since=datetime(year - 1, 12, 1, tzinfo=UTC), q="scan"),
        TaskFilter(q="e n"),
        TaskFilter(until=datetime(year, 6, 1, tzinfo=UTC)),
        TaskFilter(since=datetime.min.replace(tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC)),
        TaskFilter(
            since=datetime(year, 4, 1, tzinfo=UTC), until=datetime(year, 10, 1, tzinfo=UTC), priority=5
        ),
        TaskFilter(since=datetime(year, 1, 1, tzinfo=UTC), status=(TaskStatus.FAILED, TaskStatus.RUNNING)),
    ):
        page = Page(order_by=order_by, order=order)
        with runtime.transaction() as session:
            wanted = expected(session, chosen, page)
        assert every_id(runtime, chosen, limit=37, order_by=order_by, order=order) == wanted
        by_offset = page_of(runtime, chosen, Page(limit=20, offset=15, order_by=order_by, order=order))
        assert [task.id for task in by_offset.tasks] == wanted[15:35]
        assert (by_offset.total, by_offset.total_is_estimate) == (len(wanted), False)


@pytest.mark.parametrize(
    ("title", "search", "found"),
    [
        ("Nosferatu (1922)", "nosf", True),
        ("Nosferatu (1922)", "1922 NOS", True),
        ("Nosferatu (1922)", "feratu", False),
        ("Scan /media/films", "films", True),
        ("Scan /media/films", "/media", True),
        ("S01E02 the_office.mkv", "office", True),
        ("Amélie", "amelie", True),
        ("Amelie", "Amélie", True),
        ("Сталкер", "сталк", True),
        ("七人の侍", "七人", True),
        ("七人の侍", "侍", True),
        ("七人の侍", "人の侍", True),
        ("七人の侍", "侍人", False),
        ("ガンダム " * 20, "ンダム", True),
        ("人" * 500, "人" * 200, True),
        ("올드보이", "올드", True),
        ("अपराजित", "अपर", True),
        ("قصة حب", "قصة", True),
        ("100% wolf", "%", False),
        ("100% wolf", "_", False),
        ("Nosferatu", "nos zzz", False),
        ("O'Brien & Sons | !", "o'b & ! | sons", True),
        ("Nosferatu", "':* | a", False),
        ("\ufdfa " * 100, "\ufdfa" * 200, False),
        ("x" * 400, "x" * 200, True),
    ],
)
def test_a_search_matches_the_beginnings_of_words_in_any_script(
    runtime: Runtime, title: str, search: str, found: bool
) -> None:
    make(runtime, title)
    page = page_of(runtime, TaskFilter(q=search), Page())
    assert (len(page.tasks), page.total) == (int(found), int(found))


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_title_and_no_search_is_refused(runtime: Runtime, title: str, search: str) -> None:
    task_id = make(runtime, title.replace("\0", "") or "x")
    found = every_id(runtime, TaskFilter(q=title.replace("\0", "")), limit=100)
    assert task_id in found or not any(letter.isalnum() for letter in title)
    every_id(runtime, TaskFilter(q=search.replace("\0", "")), limit=100)


def test_totals_beyond_the_bound_are_estimates_and_marked(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded(runtime, 500)
    monkeypatch.setattr(listing, "EXACT_TOTAL", 100)
    every = page_of(runtime, TaskFilter(), Page(limit=10))
    assert every.total_is_estimate
    assert 400 <= every.total <= 600
    few = page_of(runtime, TaskFilter(created_by="user:maria"), Page(limit=10))
    assert not few.total_is_estimate
    with runtime.transaction() as session:
        counts, estimated = listing.count_statuses(session, tuple(TaskStatus))
    assert estimated
    assert counts["completed"] > 100


def test_paging_by_cursor_gives_each_task_once_while_tasks_are_made_and_end(runtime: Runtime) -> None:
    before = {make(runtime, f"Film {number}") for number in range(60)}
    stopping = threading.Event()

    def make_and_end() -> None:
        known = sorted(before)
        while not stopping.is_set():
            cancel.cancel_task(runtime, known.pop() if known else make(runtime, "Another"), "test")
            make(runtime, "New")

    writer = threading.Thread(target=make_and_end)
    writer.start()
    try:
        for order in ("desc", "asc"):
            for order_by in ("created_at", "priority"):
                found: list[int] = []
                cursor = None
                while len(found) < 400:
                    page = page_of(
                        runtime,
                        TaskFilter(),
                        Page(limit=7, cursor=cursor, order_by=order_by, order=order),  # type: ignore[arg-type]
                    )
                    found += [task.id for task in page.tasks]
                    cursor = page.next_cursor
                    if cursor is None:
                        break
                assert len(found) == len(set(found))
                assert before <= set(found)
    finally:
        stopping.set()
        writer.join()


def test_paging_by_offset_is_whole_with_the_oldest_first_or_up_to_a_time(runtime: Runtime) -> None:
    before = [make(runtime, f"Film {number}") for number in range(25)]
    until = datetime.now(UTC)
    for chosen, order in ((TaskFilter(), "asc"), (TaskFilter(until=until), "desc")):
        found: list[int] = []
        for offset in range(0, 25, 5):
            page = page_of(runtime, chosen, Page(limit=5, offset=offset, order=order))  # type: ignore[arg-type]
            found += [task.id for task in page.tasks]
            cancel.cancel_task(runtime, make(runtime, "New"), "test")
        assert sorted(found) == before


def test_what_was_canceled_before_it_is_shown_is_still_shown(runtime: Runtime) -> None:
    ids = [make(runtime, f"Film {number}") for number in range(10)]
    first = page_of(runtime, TaskFilter(), Page(limit=4))
    for task_id in ids:
        cancel.cancel_task(runtime, task_id, "test")
    second = page_of(runtime, TaskFilter(), Page(limit=100, cursor=first.next_cursor))
    assert sorted(task.id for task in (*first.tasks, *second.tasks)) == ids


@pytest.mark.parametrize("bound", ["since", "until"])
@pytest.mark.parametrize(("order_by", "order"), ORDERS)
def test_half_of_all_tasks_are_not_gathered_for_a_page(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, order_by: Any, order: Any, bound: str
) -> None:
    monkeypatch.setattr(page_ways, "planned_rows", lambda *_: 500_000)
    monkeypatch.setattr(page_ways, "known_tasks", lambda _: 1_000_000.0)
    chosen = TaskFilter(since=datetime.now(UTC)) if bound == "since" else TaskFilter(until=datetime.now(UTC))
    with runtime.transaction() as session:
        way = page_ways.way_to(session, chosen, Page(order_by=order_by, order=order))
    passes_the_other_half = (order_by, order, bound) == ("updated_at", "desc", "until")
    assert (way is Way.GATHER) == passes_the_other_half
