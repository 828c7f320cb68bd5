"""Brings the tables to the newest revision, and tells which one they are at."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from queueapp import db

#: Held while migrations run, so that two release commands do not collide.
MIGRATION_LOCK = 0x71756575


def _alembic_config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine) -> None:
    """Bring the tables to the newest revision; waits while another process does the same."""
    with db.translated(), engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            command.upgrade(_alembic_config(connection), "head")
            connection.commit()
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()


def revisions(engine: sa.Engine) -> tuple[str | None, str | None]:
    """Return the revision the database is at and the newest one the code knows."""
    head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    with db.translated(), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), head
