"""Loads the ledger's named SQL statements; each file opens with one sentence saying what it does."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import LiteralString

SQL = Path(__file__).parent / "sql"


@cache
def load(name: str) -> LiteralString:
    """Return the statement kept in `sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")
