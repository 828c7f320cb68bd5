"""PostgreSQL refuses rows that lie, and has the tables that the models describe."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from queueapp import db, states
from queueapp.ledger import items, tasks
from queueapp.models import Base

CHECKS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'c' AND conrelid IN ('queue_tasks'::regclass, 'queue_items'::regclass) ORDER BY 1
"""


@pytest.fixture
def conn(database_url: str) -> Any:
    with db.connect(database_url) as connection:
        yield connection


@pytest.mark.parametrize(
    "lie",
    [
        "status = 'done'",
        "status = 'completed'",
        "status = 'canceled'",
        "status = 'running'",
        "completed_items = 3",
        "running_items = -1",
        "priority = 11",
    ],
)
def test_a_task_cannot_be_made_to_lie(conn: psycopg.Connection[Any], lie: str) -> None:
    task_id = tasks.insert_task(
        conn, tasks.NewTaskRow("noop", "t", 5), [items.NewRow("noop", "{}", 1)]
    ).task_id
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(f"UPDATE queue_tasks SET {lie} WHERE id = {task_id}")


@pytest.mark.parametrize(
    "lie",
    [
        "status = 'done'",
        "status = 'completed'",
        "status = 'running'",
        "stage = 4",
        "stage = 1",
        "stage = 3",
        "worker_id = 1",
        "progress = 2",
    ],
)
def test_an_item_cannot_be_made_to_lie(conn: psycopg.Connection[Any], lie: str) -> None:
    tasks.insert_task(conn, tasks.NewTaskRow("noop", "t", 5), [items.NewRow("noop", "{}", 1)])
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(f"UPDATE queue_items SET {lie}")


def test_the_migrations_make_the_tables_of_the_models(database_url: str) -> None:
    engine = db.make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_the_migrations_make_the_checks_of_the_models(database_url: str, empty_database_url: str) -> None:
    with db.connect(database_url) as migrated:
        stored = migrated.execute(CHECKS).fetchall()
    engine = db.make_engine(empty_database_url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        made = connection.execute(sa.text(CHECKS)).all()
    engine.dispose()
    assert stored == [tuple(row) for row in made]
    for status in states.TaskStatus:
        assert any(status.value in definition for _, definition in stored)
