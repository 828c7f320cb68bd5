from __future__ import annotations

import sqlalchemy as sa

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import seeding
from queueapp.services.enqueue import NewTask, create_task

DIFFERENT = """
    SELECT t.id FROM queue_tasks t JOIN (
        SELECT task_id, count(*) AS total, count(*) FILTER (WHERE status = 'completed') AS completed,
            count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'skipped') AS skipped,
            count(*) FILTER (WHERE status = 'canceled') AS canceled
        FROM queue_items GROUP BY task_id
    ) i ON i.task_id = t.id
    WHERE (i.total, i.completed, i.failed, i.skipped, i.canceled)
        <> (t.total_items, t.completed_items, t.failed_items, t.skipped_items, t.canceled_items)
"""


def test_a_seeded_ledger_has_as_much_as_was_asked_and_counts_that_fit(runtime: Runtime) -> None:
    told: list[tuple[int, int]] = []
    with db.connect(runtime.settings.database_url or "") as conn:
        seeding.seed(conn, 300, 4000, on_batch=lambda tasks, items: told.append((tasks, items)))
    assert told == [(300, 4000)]
    with runtime.transaction() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM queue_tasks")) == 300
        assert session.scalar(sa.text("SELECT count(*) FROM queue_items")) == 4000
        assert session.scalars(sa.text(DIFFERENT)).all() == []


def test_tasks_can_be_made_after_seeding(runtime: Runtime) -> None:
    with db.connect(runtime.settings.database_url or "") as conn:
        seeding.seed(conn, 10, 10)
    made = create_task(runtime, NewTask(type="noop", items=[{}]))
    assert made.task_id > 10
