"""A pool's connections that died while nobody used them are replaced before somebody does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from queueapp import db, pool


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = db.make_engine(database_url, pool_size=3)
    yield made
    made.dispose()


def _backend(engine: sa.Engine) -> int:
    with engine.begin() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def _end(database_url: str, pid: int) -> None:
    with db.connect(database_url) as conn:
        conn.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_one_that_died_at_rest_is_replaced(
    engine: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TRUST_SECONDS", 0.0)
    first = _backend(engine)
    _end(database_url, first)
    assert _backend(engine) != first


def test_all_that_died_at_rest_are_replaced(
    engine: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TRUST_SECONDS", 0.0)
    with engine.connect() as one, engine.connect() as two, engine.connect() as three:
        pids = {each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in (one, two, three)}
    for pid in pids:
        _end(database_url, pid)
    with engine.connect() as one, engine.connect() as two, engine.connect() as three:
        again = {each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in (one, two, three)}
    assert not pids & again


def test_one_that_died_in_use_is_not_used_again(
    engine: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TRUST_SECONDS", 60.0)
    first = _backend(engine)
    _end(database_url, first)
    with pytest.raises(sa.exc.OperationalError):
        _backend(engine)
    assert _backend(engine) != first


def test_one_that_lives_is_used_again(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _backend(engine) == _backend(engine)
    monkeypatch.setattr(pool, "TRUST_SECONDS", 0.0)
    assert _backend(engine) == _backend(engine)


USE_ONE_THAT_DIES = """
import sys
from queueapp import db, log
log.configure("warning")
engine = db.make_engine(sys.argv[1])
try:
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("SELECT pg_terminate_backend(pg_backend_pid())")
except Exception as error:
    print(type(error).__name__)
"""


def test_of_one_that_died_in_use_only_the_error_is_told(database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USE_ONE_THAT_DIES, database_url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "AdminShutdown\n"
    assert done.stderr == ""
