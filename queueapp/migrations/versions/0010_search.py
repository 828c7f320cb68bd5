"""Large ledgers: words of titles to search by, and indexes for each filter and order of the list of tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from queueapp.models.title_words import create_functions, drop_functions

revision = "0010"
down_revision: str | None = "0009"

STORAGE = {
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
}
NEWEST = [sa.text("created_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    """Add the columns and indexes; the table of tasks is written anew once."""
    create_functions(op.get_bind())
    _add_columns()
    _index_tasks()
    op.create_index(
        "ix_queue_items_waiting_of_task",
        "queue_items",
        ["task_id", "available_at"],
        postgresql_where=sa.text("stage = 1"),
    )
    settings = ", ".join(f"{name} = {value}" for name, value in STORAGE.items())
    op.execute(f"ALTER TABLE queue_tasks SET ({settings})")


def _add_columns() -> None:
    op.add_column(
        "queue_tasks",
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            sa.Computed("CASE WHEN status = 'running' THEN NULL ELSE updated_at END", persisted=True),
            nullable=True,
        ),
    )
    op.execute(
        "ALTER TABLE queue_tasks ADD COLUMN words tsvector"
        " GENERATED ALWAYS AS (queue_title_words(title)) STORED"
    )


def _index_tasks() -> None:
    op.drop_index("ix_queue_tasks_status_created", "queue_tasks")
    op.drop_index("ix_queue_tasks_type_created", "queue_tasks")
    op.create_index(
        "ix_queue_tasks_status_created",
        "queue_tasks",
        ["status", *NEWEST],
        postgresql_include=["type", "created_by", "priority", "settled_at"],
    )
    op.create_index(
        "ix_queue_tasks_status_settled",
        "queue_tasks",
        ["status", sa.text("settled_at DESC"), sa.text("id DESC")],
        postgresql_include=["type", "created_by", "priority", "created_at"],
    )
    op.create_index(
        "ix_queue_tasks_status_priority",
        "queue_tasks",
        ["status", "priority", "created_at", "id"],
        postgresql_include=["type", "created_by", "settled_at"],
    )
    op.create_index(
        "ix_queue_tasks_type_created",
        "queue_tasks",
        ["type", *NEWEST],
        postgresql_include=["status", "created_by", "priority", "settled_at"],
    )
    op.create_index(
        "ix_queue_tasks_creator_created",
        "queue_tasks",
        ["created_by", *NEWEST],
        postgresql_include=["status", "type", "priority", "settled_at"],
    )
    op.create_index(
        "ix_queue_tasks_parent",
        "queue_tasks",
        ["parent_task_id", *NEWEST],
        postgresql_where=sa.text("parent_task_id IS NOT NULL"),
    )
    op.create_index("ix_queue_tasks_words", "queue_tasks", ["words"], postgresql_using="gin")


def downgrade() -> None:
    """Take them away again."""
    names = ", ".join(STORAGE)
    op.execute(f"ALTER TABLE queue_tasks RESET ({names})")
    op.drop_index("ix_queue_items_waiting_of_task", "queue_items")
    for name in ("status_created", "status_settled", "status_priority", "type_created", "creator_created"):
        op.drop_index(f"ix_queue_tasks_{name}", "queue_tasks")
    op.drop_index("ix_queue_tasks_parent", "queue_tasks")
    op.drop_index("ix_queue_tasks_words", "queue_tasks")
    op.drop_column("queue_tasks", "words")
    op.drop_column("queue_tasks", "settled_at")
    op.create_index("ix_queue_tasks_status_created", "queue_tasks", ["status", *NEWEST])
    op.create_index("ix_queue_tasks_type_created", "queue_tasks", ["type", *NEWEST])
    drop_functions(op.get_bind())
