"""Alembic's entry: runs migrations on the connection that queueapp.db opened."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from queueapp.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
with context.begin_transaction():
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    connection.execute(text("SET LOCAL statement_timeout = '10min'"))
    context.run_migrations()
