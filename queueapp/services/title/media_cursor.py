"""Orders of lists of titles, and cursors that go on behind a row of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from queueapp import errors
from queueapp.models.media import Media

_NAME = sa.func.lower(Media.title)
_YEAR = sa.func.coalesce(Media.year, 0)
_PLACE = (sa.func.coalesce(Media.season_number, -1), sa.func.coalesce(Media.episode_number, -1))
_AGE = sa.cast(-sa.func.extract("epoch", Media.added_at) * 1_000_000, sa.BigInteger)

#: What each order goes by, all ascending and never null, so that rows can be compared as tuples.
ORDERS: dict[str, tuple[Any, ...]] = {
    "title": (_NAME, _YEAR, *_PLACE, Media.id),
    "added_at": (_AGE, Media.id),
    "year": (-_YEAR, _NAME, Media.id),
}


def encode(order_by: str, values: Sequence[Any]) -> str:
    """The cursor behind a row, by the values it was ordered by."""
    packed = json.dumps([order_by, *values], ensure_ascii=False, default=int).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def behind(cursor: str, order_by: str) -> sa.ColumnElement[bool]:
    """The condition that a row comes behind a cursor; raises BadPayload when it is garbage or of another order."""
    keys = ORDERS[order_by]
    try:
        order, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        types = [str if key is _NAME else int for key in keys]
        if order != order_by or [type(value) for value in values] != types:
            raise ValueError("of another order")
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
            raise ValueError("out of range")
    except (ValueError, TypeError):
        problem = [{"loc": ["query", "cursor"], "msg": "not a cursor of this list and order"}]
        raise errors.BadPayload("bad cursor", problem) from None
    there = (sa.literal(value, key.type) for value, key in zip(values, keys, strict=True))
    return sa.tuple_(*keys) > sa.tuple_(*there)
