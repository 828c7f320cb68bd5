"""Every list is walked by cursor and by offset; none of its rows is missed or doubled while writers are at work."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services import cancel, enqueue
from queueapp.services.enqueue import NewTask
from tests.waiting import eventually

#: pages of this many, so that a walk takes many requests
LIMIT = 3
#: tasks created during a walk at most
MADE = 40


def _tasks(runtime: Runtime, count: int, title: str = "there before") -> list[int]:
    new = NewTask(type="noop", items=[{}], title=title)
    return [enqueue.create_task(runtime, new).task_id for _ in range(count)]


def _walk(client: FlaskClient, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """The pages of a list, by cursor."""
    plural = {"/api/queues": "tasks"}.get(path, path.rpartition("/")[2])
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(path, query_string={"limit": LIMIT, **query, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.get_json()
        yield page[plural]
        if not page["next_cursor"]:
            return
        cursor = {"cursor": page["next_cursor"]}


@contextmanager
def _writers(runtime: Runtime, task_ids: list[int]) -> Iterator[None]:
    """Two threads that create tasks and end those given, one after the other."""
    stopping, ended = threading.Event(), []

    def create() -> None:
        for _ in range(MADE):
            if not stopping.is_set():
                _tasks(runtime, 1, "made meanwhile")

    def end() -> None:
        for task_id in task_ids:
            if stopping.is_set():
                return
            cancel.cancel_task(runtime, task_id, "a writer")
            ended.append(task_id)

    threads = [threading.Thread(target=work) for work in (create, end)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: ended)
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("path", ["/api/queues", "/jobs"])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("order_by", ["created_at", "priority"])
def test_a_walk_by_cursor_meets_each_task_once_while_tasks_come_and_end(
    admin: FlaskClient, runtime: Runtime, path: str, order_by: str, order: str
) -> None:
    before = _tasks(runtime, 25)
    seen: Counter[int] = Counter()
    with _writers(runtime, before):
        for page in _walk(admin, path, order_by=order_by, order=order):
            seen.update(_id_of(row) for row in page)
    assert seen.keys() >= set(before)
    assert set(seen.values()) == {1}


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_walk_by_latest_change_misses_no_task_that_changes_meanwhile(
    admin: FlaskClient, runtime: Runtime, order: str
) -> None:
    before = _tasks(runtime, 25)
    seen: set[int] = set()
    with _writers(runtime, before[::-1] if order == "asc" else before):
        for page in _walk(admin, "/api/queues", order_by="updated_at", order=order):
            seen.update(row["id"] for row in page)
    assert seen >= set(before)


def test_a_task_that_moved_to_the_front_comes_at_the_end_as_it_is_then(
    admin: FlaskClient, runtime: Runtime
) -> None:
    oldest, *_, newest = _tasks(runtime, 8)
    walk = _walk(admin, "/api/queues", order_by="updated_at")
    shown = [row["id"] for row in next(walk)]
    assert newest in shown
    cancel.cancel_task(runtime, oldest, "somebody")
    cancel.cancel_task(runtime, newest, "somebody")
    rest = [(row["id"], row["status"]) for page in walk for row in page]
    assert rest[-2:] == [(oldest, "canceled"), (newest, "canceled")]
    assert max(Counter(task_id for task_id, _ in rest).values()) == 1


def test_a_walk_by_latest_change_doubles_nothing_while_nothing_changes(
    admin: FlaskClient, runtime: Runtime
) -> None:
    before = _tasks(runtime, 10)
    with runtime.transaction() as session:
        # Some transaction that is open now may yet bear an earlier time than what the first page shows.
        session.execute(sa.select(Task.id)).all()
        young = _tasks(runtime, 2)
        seen = [row["id"] for page in _walk(admin, "/api/queues", order_by="updated_at") for row in page]
    assert seen == [*young[::-1], *before[::-1]]


def test_what_was_being_written_as_the_walk_began_is_not_missed(admin: FlaskClient, runtime: Runtime) -> None:
    oldest, *_ = _tasks(runtime, 8)
    with runtime.transaction() as session:
        late = sa.update(Task).where(Task.id == oldest).values(message="late", updated_at=sa.func.now())
        session.execute(late)
        _tasks(runtime, 1)
        walk = _walk(admin, "/api/queues", order_by="updated_at")
        next(walk)
        next(walk)
    rest = [(row["id"], row["message"]) for page in walk for row in page]
    assert (oldest, "late") in rest


def test_pages_by_offset_hold_still_below_a_moment(admin: FlaskClient, runtime: Runtime) -> None:
    before = _tasks(runtime, 20)
    until = datetime.now(UTC).isoformat()
    seen: Counter[int] = Counter()
    with _writers(runtime, before):
        for offset in range(0, 24, LIMIT):
            query = {"limit": LIMIT, "offset": offset, "until": until}
            seen.update(row["id"] for row in admin.get("/api/queues", query_string=query).get_json()["tasks"])
    assert seen == Counter(before)


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGEgY3Vyc29y", "W10", "WzEsMiwzLDQsNV0", "bnVsbA"])
@pytest.mark.parametrize(
    "path", ["/api/queues?order_by=updated_at", "/api/operations", "/api/keys", "/api/lists"]
)
def test_a_cursor_of_no_list_is_422_or_the_beginning(admin: FlaskClient, path: str, cursor: str) -> None:
    mark = "&" if "?" in path else "?"
    assert admin.get(f"{path}{mark}cursor={cursor}").status_code == 422 or not cursor


def test_small_lists_are_paged_as_the_large_ones_are(
    admin: FlaskClient, make_key: Callable[[str], str]
) -> None:
    for name in ("b", "A", "c", "Ä", "d", "e", "f"):
        assert admin.post("/api/views", json={"name": name, "query": "status=failed"}).status_code == 201
    whole = admin.get("/api/views").get_json()
    assert (whole["total"], whole["limit"], whole["next_cursor"]) == (7, 50, None)
    walk = _walk(admin, "/api/views")
    walked = next(walk)
    admin.post("/api/views", json={"name": "0 comes before", "query": ""})
    admin.delete(f"/api/views/{walked[-1]['id']}")
    walked += [view for page in walk for view in page]
    assert [view["name"] for view in walked] == [view["name"] for view in whole["views"]]
    by_offset = admin.get("/api/views?limit=2&offset=1").get_json()["views"]
    assert [view["name"] for view in by_offset] == ["A", "b"]
    for number in range(5):
        make_key("viewer" if number % 2 else "admin")
    keys = [key["id"] for page in _walk(admin, "/api/keys") for key in page]
    assert keys == sorted(keys, reverse=True)
    assert len(keys) == len(set(keys)) == 6


def test_every_list_of_the_api_takes_limit_offset_and_cursor(admin: FlaskClient) -> None:
    document = admin.get("/openapi.json").get_json()
    shapes = document["components"]["schemas"]
    lists = []
    for path, methods in document["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        fields = shapes.get(name, {}).get("properties", {})
        if "total" in fields and not path.endswith("/stats"):
            lists.append(path)
            assert {"limit", "offset", "next_cursor"} <= set(fields), path
            assert admin.get(f"{path}?limit=1&offset=0").get_json()["limit"] == 1
            for bad in (
                "limit=0",
                "limit=101",
                f"limit=1{'0' * 30}",
                "offset=-1",
                "cursor=%00",
                "surprise=1",
            ):
                assert admin.get(f"{path}?{bad}").status_code == 422, f"{path}?{bad}"
    assert len(lists) >= 15


def _id_of(row: dict[str, Any]) -> int:
    return int(row["id"]) if "id" in row else int(row["job_id"].rpartition("_")[2])
