"""Lists as PostgreSQL array literals, for the statements that take many rows at once.

psycopg looks at each element of a list by itself, which takes longer than all else a worker does with a quick item.
The statement casts each literal to its type. Source: PostgreSQL's "Array Input and Output Syntax".
"""

from __future__ import annotations

from collections.abc import Iterable


def numbers(values: Iterable[float | None]) -> str:
    """Return the literal of an array of finite numbers or nulls."""
    return "{" + ",".join(["NULL" if one is None else repr(one) for one in values]) + "}"


def booleans(values: Iterable[bool]) -> str:
    """Return the literal of an array of truth values."""
    return "{" + ",".join(["t" if one else "f" for one in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Return the literal of an array of texts or nulls."""
    return "{" + ",".join(["NULL" if one is None else _quoted(one) for one in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
