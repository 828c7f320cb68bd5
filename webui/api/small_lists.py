"""Lists that are small enough to be read whole: paged as the large ones are, by offset and by cursor."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from queueapp import errors
from webui.api.resource import Opaque, PageQuery

T = TypeVar("T")
#: What an entry is sorted by; no two entries of a list have the same.
Place = tuple[str | int, ...]


class SmallListQuery(PageQuery):
    """Which page."""

    cursor: Opaque | None = Field(default=None, description="next_cursor of the page before")


class SmallList(BaseModel):
    """What a page says of itself."""

    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(description="`cursor` of the next page; null at the end")


class Cut(Generic[T]):
    """One page of entries; an entry keeps its place while others come and go."""

    def __init__(self, entries: Iterable[T], query: SmallListQuery, place: Callable[[T], Place]) -> None:
        """Raises BadPayload for a cursor that is none of this list."""
        ordered = sorted(entries, key=place)
        left = ordered[query.offset :]
        if query.cursor:
            left = _behind(query.cursor, ordered, place)
        self.shown = left[: query.limit]
        more = len(left) > query.limit
        #: the fields of a SmallList
        self.page: dict[str, Any] = {
            "total": len(ordered),
            "limit": query.limit,
            "offset": query.offset,
            "next_cursor": _encode(place(self.shown[-1])) if more else None,
        }


def by_name(entry: Any) -> Place:
    """Sorted by name, whatever the case."""
    return entry.name.casefold(), entry.name, entry.id


def newest_first(entry: Any) -> Place:
    """Sorted by id, downwards."""
    return (-entry.id,)


def _encode(place: Place) -> str:
    packed = json.dumps(place, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _behind(cursor: str, ordered: list[T], place: Callable[[T], Place]) -> list[T]:
    try:
        after = tuple(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
        if not after or (ordered and [*map(type, after)] != [*map(type, place(ordered[0]))]):
            raise ValueError("of another list")
        return [entry for entry in ordered if place(entry) > after]
    except (ValueError, TypeError, RecursionError):
        problem = [{"loc": ["query", "cursor"], "msg": "not a cursor of this list"}]
        raise errors.BadPayload("bad cursor", problem) from None
