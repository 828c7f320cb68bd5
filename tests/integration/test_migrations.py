"""The migrations make just the tables that the models describe, CHECKs and indexes included, and can be undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from queueapp import db
from queueapp.models import Base

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, character_maximum_length
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
STORAGE = """
    SELECT relname, reloptions::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reloptions IS NOT NULL
"""


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[sa.Engine]:
    engine = db.make_engine(empty_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(database_url: str) -> Iterator[sa.Engine]:
    engine = db.make_engine(database_url)
    yield engine
    engine.dispose()


def described(engine: sa.Engine, query: str) -> set[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = {tuple(row) for row in connection.execute(sa.text(query))}
    return {row for row in rows if row[0] != "alembic_version"}


@pytest.mark.parametrize("query", [COLUMNS, CONSTRAINTS, INDEXES, STORAGE])
def test_models_and_migrations_describe_the_same_tables(
    empty: sa.Engine, migrated: sa.Engine, query: str
) -> None:
    Base.metadata.create_all(empty)
    by_models, by_migrations = described(empty, query), described(migrated, query)
    assert by_models - by_migrations == set()
    assert by_migrations - by_models == set()


def test_every_migration_can_be_undone_and_done_again(empty: sa.Engine) -> None:
    db.upgrade(empty)
    first = described(empty, CONSTRAINTS)
    with empty.connect() as connection:
        config = Config()
        config.set_main_option("script_location", "queueapp:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert described(empty, COLUMNS) == set()
    db.upgrade(empty)
    assert described(empty, CONSTRAINTS) == first


def test_upgrading_twice_changes_nothing(migrated: sa.Engine) -> None:
    before = described(migrated, COLUMNS)
    db.upgrade(migrated)
    assert described(migrated, COLUMNS) == before
    current, newest = db.revisions(migrated)
    assert current == newest
