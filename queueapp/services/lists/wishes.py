"""Which earlier operations on a list a new one makes needless: pure rules, without database or network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from queueapp.models.list_operation import ListOperationType as Kind

FILM = frozenset({Kind.ADD_ITEM, Kind.REMOVE_ITEM})


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to be done to a list; `data` are the fields of the list for a creation or an update."""

    kind: Kind
    movie_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An operation on the same list that is not over; a started one is with TMDB and cannot be taken back."""

    id: int
    wish: Wish
    started: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a new wish: those it supersedes, and the one that does it already, if there is one.

    That one is given `data`, which differs from its own only for an update, whose fields are gathered.
    """

    superseded: tuple[int, ...] = ()
    same_as: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


def plan(new: Wish, earlier: Sequence[Earlier]) -> Plan:
    """Return what becomes of a wish, given those on the same list that are not over, oldest first."""
    superseded = [one for one in earlier if not one.started and _supersedes(new, one.wish)]
    left = [one for one in earlier if one not in superseded and _concerns(new, one.wish)]
    last = left[-1] if left else None
    ids = tuple(one.id for one in superseded)
    if last is None or not _is_same(new, last):
        return Plan(ids)
    return Plan(ids, last.id, {**last.wish.data, **new.data})


def _supersedes(new: Wish, old: Wish) -> bool:
    """Return whether doing the new makes the old needless. A clear takes films off, and leaves a new name."""
    if new.kind is Kind.DELETE_LIST:
        return old.kind is not Kind.DELETE_LIST
    if new.kind is Kind.CLEAR_LIST:
        return old.kind in FILM
    return new.kind in FILM and old.kind in FILM and old.movie_id == new.movie_id and old.kind is not new.kind


def _concerns(new: Wish, old: Wish) -> bool:
    """Return whether the old has a say in what the new is about, so that only the last such can be the same."""
    if old.kind is Kind.DELETE_LIST or new.kind is Kind.DELETE_LIST:
        return True
    if new.kind in FILM:
        return old.kind is Kind.CLEAR_LIST or (old.kind in FILM and old.movie_id == new.movie_id)
    if new.kind is Kind.CLEAR_LIST:
        return old.kind is Kind.CLEAR_LIST or old.kind in FILM
    return old.kind is new.kind


def _is_same(new: Wish, last: Earlier) -> bool:
    """Return whether the last one does what is wished; fields can be added only to one that has not started."""
    if last.wish.kind is not new.kind or last.wish.movie_id != new.movie_id:
        return False
    return not last.started or last.wish.data == {**last.wish.data, **new.data}
