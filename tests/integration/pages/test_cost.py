"""What a page may cost: statements, and a place in the benchmark of all pages."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from benchmarks import page_rows, pages
from queueapp.bootstrap import Runtime
from tests.integration.pages.reader import Reader
from tests.integration.pages.rows import add_task

#: Of a page with one table of its own: the caller, the banners, the counts of the frame, and the table.
PLAIN_STATEMENTS = 14


def test_the_frame_of_a_page_is_read_once(admin: Reader, runtime: Runtime) -> None:
    add_task(runtime, "running")
    admin.open("/audit")
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    engine = runtime.sessions.kw["bind"]
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        admin.open("/audit")
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= PLAIN_STATEMENTS, statements


def test_the_benchmark_of_pages_has_a_value_for_each_address_of_the_url_map(app: Flask) -> None:
    values = dict.fromkeys(page_rows.NEWEST, "1") | {"name": "anna", "kind": "csv"}
    found = pages.paths(app, values)
    assert {"/", "/tasks", "/tasks/1", "/tasks/1/items/1", "/media/1", "/batches/1"} <= set(found)
    assert not [path for path in found if "<" in path or "{" in path]
