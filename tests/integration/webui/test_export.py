"""All tasks of a filter as one file; no worker runs here."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.ledger import walk
from queueapp.ledger.filters import TaskFilter
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from webui.problems import MIMETYPE

EXPORT = "/api/queues/export"


def _create(client: FlaskClient, **body: Any) -> int:
    response = client.post("/api/queues/tasks", json={"type": "noop", "items": [{}]} | body)
    assert response.status_code == 201, response.text
    return int(response.get_json()["task_id"])


def _table(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    text = client.get(f"{EXPORT}?format=csv{query}").get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_json_lines_are_the_tasks_as_the_list_shows_them(admin: FlaskClient, viewer: FlaskClient) -> None:
    ids = [_create(admin, title=f"Task {number}", meta={"n": number}) for number in range(3)]
    response = viewer.get(f"{EXPORT}?format=jsonl")
    assert response.status_code == 200
    assert response.mimetype == "application/x-ndjson"
    lines = [json.loads(line) for line in response.get_data(as_text=True).splitlines()]
    assert [line["id"] for line in lines] == ids[::-1]
    assert lines == admin.get("/api/queues").get_json()["tasks"]


def test_it_is_a_file_with_a_name(admin: FlaskClient) -> None:
    for kind, mimetype in (("csv", "text/csv"), ("jsonl", "application/x-ndjson")):
        response = admin.get(f"{EXPORT}?format={kind}")
        assert response.mimetype == mimetype
        named = response.headers["Content-Disposition"]
        assert re.fullmatch(rf'attachment; filename="tasks-\d{{8}}T\d{{6}}Z\.{kind}"', named)
        assert response.is_streamed
        response.close()


def test_a_table_has_a_line_for_each_task(admin: FlaskClient) -> None:
    assert _table(admin) == []
    task_id = _create(admin, title='Two, "quoted"\nlines', meta={"trigger": "x"}, dry_run=True)
    (row,) = _table(admin)
    assert (row["id"], row["title"], row["status"]) == (str(task_id), 'Two, "quoted"\nlines', "queued")
    assert json.loads(row["meta"])["trigger"] == "x"
    assert (row["dry_run"], row["finished_at"]) == ("true", "")


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1", "\n@x"])
def test_a_cell_that_would_be_a_formula_is_text(admin: FlaskClient, title: str) -> None:
    _create(admin, title=title)
    (row,) = _table(admin)
    assert row["title"].startswith("'")
    stored = admin.get("/api/queues").get_json()["tasks"][0]["title"]
    assert row["title"] == f"'{stored}"


def test_the_filters_are_those_of_the_list(admin: FlaskClient) -> None:
    low, _ = _create(admin, priority="low", title="Nosferatu"), _create(admin, priority="high")
    slow = _create(admin, type="sleep", items=[{"seconds": 1}])
    admin.post(f"/api/queues/{slow}/cancel")
    for query, ids in (
        ("priority=low", [low]),
        ("q=nosf", [low]),
        ("type=sleep", [slow]),
        ("status=canceled,failed", [slow]),
        ("since=2999-01-01T00:00:00Z", []),
    ):
        assert [int(row["id"]) for row in _table(admin, f"&{query}")] == ids, query


@pytest.mark.parametrize("query", ["format=xml", "status=nope", "limit=5", "order_by=priority"])
def test_a_bad_query_is_422(admin: FlaskClient, query: str) -> None:
    response = admin.get(f"{EXPORT}?{query}")
    assert (response.status_code, response.mimetype) == (422, MIMETYPE)


def test_without_the_database_it_is_a_problem_and_no_broken_file(app_without_database: FlaskClient) -> None:
    response = app_without_database.get(EXPORT, headers={"X-Api-Key": "qk_x"})
    assert (response.status_code, response.mimetype) == (503, MIMETYPE)


def test_many_tasks_come_whole_and_once_in_short_reads(runtime: Runtime, admin: FlaskClient) -> None:
    when = sa.text("now()")
    with runtime.transaction() as session:
        # of one commit, hence of one time: only the id tells them apart
        rows = [{"type": "noop", "title": f"Task {number}", "priority": 5} for number in range(450)]
        session.execute(sa.insert(Task).values(created_at=when), rows)
    ids = [int(row["id"]) for row in _table(admin)]
    assert len(ids) == 450
    assert ids == sorted(set(ids), reverse=True)


def test_no_transaction_is_open_while_a_client_reads(runtime: Runtime) -> None:
    for _ in range(3):
        enqueue.create_task(runtime, enqueue.NewTask("noop", [{}]))
    batches = walk.tasks_in_batches(runtime, TaskFilter(), batch=2)
    first = next(batches)
    assert runtime.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    late = enqueue.create_task(runtime, enqueue.NewTask("noop", [{}])).task_id
    rest = [task.id for batch in batches for task in batch]
    assert (len(first), len(rest)) == (2, 1)
    assert late not in rest
