"""The items of a task as a file, read and written in batches."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Response

from queueapp.ledger import reads
from queueapp.ledger.views import ItemView, TaskView
from queueapp.runtime import Runtime
from webui.task_files import FORMATS, cell

BATCH = 1000
KINDS = ("csv", "jsonl")
COLUMNS = list(ItemView.model_fields)


def answer(runtime: Runtime, task: TaskView, kind: str) -> Response:
    """The file as a download."""
    lines = _table(runtime, task.id) if kind == "csv" else _jsonl(runtime, task.id)
    headers = {"Content-Disposition": f'attachment; filename="task-{task.id}-items.{kind}"'}
    return Response(lines, headers=headers, content_type=f"{FORMATS[kind][1]}; charset=utf-8")


def _batches(runtime: Runtime, task_id: int) -> Iterator[list[ItemView]]:
    offset = 0
    while True:
        with runtime.transaction() as session:
            items, _ = reads.list_items(session, task_id, limit=BATCH, offset=offset)
        if not items:
            return
        yield items
        offset += len(items)


def _jsonl(runtime: Runtime, task_id: int) -> Iterator[str]:
    for batch in _batches(runtime, task_id):
        yield "".join(f"{item.model_dump_json()}\n" for item in batch)


def _table(runtime: Runtime, task_id: int) -> Iterator[str]:
    yield _lines([COLUMNS])
    for batch in _batches(runtime, task_id):
        yield _lines([[cell(value) for value in item.model_dump(mode="json").values()] for item in batch])


def _lines(rows: list[list[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
