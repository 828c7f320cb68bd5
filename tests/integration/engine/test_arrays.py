"""PostgreSQL reads array literals back as the lists they were made of."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueapp.embedded.postgres import Postgres
from queueapp.ledger import arrays
from queueapp.ledger.items import Conn

CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])


@pytest.fixture(scope="module")
def conn(postgres: Postgres) -> Iterator[Conn]:
    with psycopg.connect(postgres.url, autocommit=True) as made:
        yield made


def _read(conn: Conn, literal: str, kind: str) -> object:
    row = conn.execute(f"SELECT %s::{kind}[]".encode(), (literal,)).fetchone()
    assert row is not None
    return row[0]


@given(
    st.lists(st.none() | st.text(CHARACTERS) | st.sampled_from(["NULL", "", '{"a": "\\\\"}', "a,b", " x "]))
)
def test_texts_come_back_as_they_were(conn: Conn, values: list[str | None]) -> None:
    assert _read(conn, arrays.texts(values), "text") == values


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_whole_numbers_come_back_as_they_were(conn: Conn, values: list[int | None]) -> None:
    assert _read(conn, arrays.numbers(values), "bigint") == values


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_fractions_come_back_as_they_were(conn: Conn, values: list[float | None]) -> None:
    assert _read(conn, arrays.numbers(values), "float8") == values


@given(st.lists(st.booleans()))
def test_truth_values_come_back_as_they_were(conn: Conn, values: list[bool]) -> None:
    assert _read(conn, arrays.booleans(values), "bool") == values
