"""Direct connections are kept, tried when old, and thrown away when broken."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from queueapp import direct, errors
from queueapp.direct import DirectConnections


@pytest.fixture
def connections(database_url: str) -> Iterator[DirectConnections]:
    made = DirectConnections(database_url)
    yield made
    made.close()


def _pid(connections: DirectConnections) -> int:
    with connections.connection() as conn:
        return conn.info.backend_pid


def test_a_connection_is_used_again(connections: DirectConnections) -> None:
    assert _pid(connections) == _pid(connections)


def test_an_old_connection_that_was_cut_is_replaced(
    connections: DirectConnections, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _pid(connections)
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (first,))
    monkeypatch.setattr(direct, "TRUST_SECONDS", -1.0)
    assert _pid(connections) != first


def test_a_refused_statement_leaves_the_connection_good(connections: DirectConnections) -> None:
    first = _pid(connections)
    with pytest.raises(psycopg.errors.UndefinedTable), connections.connection() as conn:
        conn.execute("SELECT * FROM nothing")
    assert _pid(connections) == first


def test_a_database_that_is_away_is_named_so(database_url: str) -> None:
    made = DirectConnections("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(errors.DatabaseUnavailable), made.connection():
        pass
