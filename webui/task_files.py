"""Tasks as lines of a file: JSON, or a table that spreadsheets read without running what is in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from queueapp.ledger.views import TaskView

COLUMNS = list(TaskView.model_fields)
#: A cell that begins so would be a formula; spreadsheets pass over what is blank before it.
FORMULA = ("=", "+", "-", "@")


def jsonl(batches: Iterable[list[TaskView]]) -> Iterator[str]:
    """One JSON object a line, as the list of tasks shows it."""
    for batch in batches:
        yield "".join(f"{task.model_dump_json()}\n" for task in batch)


def table(batches: Iterable[list[TaskView]]) -> Iterator[str]:
    """A line of names, then a line a task (RFC 4180); objects and lists stand in their cells as JSON."""
    yield lines([COLUMNS])
    for batch in batches:
        yield lines(_row(task) for task in batch)


def _row(task: TaskView) -> list[Any]:
    return [cell(value) for value in task.model_dump(mode="json").values()]


def cell(value: Any) -> Any:
    """A value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and (value.lstrip().startswith(FORMULA) or value.startswith(("\t", "\r"))):
        return f"'{value}"
    return value


def lines(rows: Iterable[list[Any]]) -> str:
    """Rows of a table as text (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


FORMATS = {"csv": (table, "text/csv"), "jsonl": (jsonl, "application/x-ndjson")}
#: How the OpenAPI document describes such a file.
ANSWER: dict[str, Any] = {
    "description": "The file",
    "content": {mimetype: {"schema": {"type": "string"}} for _, mimetype in FORMATS.values()},
}
