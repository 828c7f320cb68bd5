"""Saved views: filters of the task list, kept by name, for oneself or for everybody. `who` is as in the audit log."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.models.saved_view import SavedView

MAX_NAME = 100
MAX_QUERY = 2000
#: Views one owner may keep.
MAX_VIEWS = 200


def list_views(session: Session, who: str) -> Sequence[SavedView]:
    """One's own views and those that others share, by name."""
    visible = sa.or_(SavedView.owner == who, SavedView.shared)
    return session.scalars(
        sa.select(SavedView).where(visible).order_by(sa.func.lower(SavedView.name), SavedView.id)
    ).all()


def get_view(session: Session, who: str, view_id: int) -> SavedView:
    """One view that is one's own or shared. Raises NotFound, also for what others keep to themselves."""
    view = session.get(SavedView, view_id)
    if view is None or not (view.shared or view.owner == who):
        raise errors.NotFound(f"there is no saved view {view_id}")
    return view


def add_view(session: Session, who: str, *, name: str, query: str, shared: bool = False) -> SavedView:
    """Keep a filter. Raises BadPayload for an unfit name, Conflict for a name taken, TooLarge for one too many."""
    kept = session.scalar(sa.select(sa.func.count()).where(SavedView.owner == who)) or 0
    if kept >= MAX_VIEWS:
        raise errors.TooLarge(f"at most {MAX_VIEWS} views are kept for one owner; delete one first")
    name = _checked_name(name)
    row = insert(SavedView).values(owner=who, name=name, query=_checked_query(query), shared=shared)
    made: SavedView | None = session.scalar(row.on_conflict_do_nothing().returning(SavedView))
    if made is None:
        raise _taken(name)
    return made


def change_view(
    session: Session,
    who: str,
    view_id: int,
    *,
    name: str | None = None,
    query: str | None = None,
    shared: bool | None = None,
) -> SavedView:
    """Change what is given of a view. Raises NotFound, BadPayload, Conflict."""
    view = get_view(session, who, view_id)
    if name is not None:
        view.name = _checked_name(name)
    if query is not None:
        view.query = _checked_query(query)
    if shared is not None:
        view.shared = shared
    view.updated_at = sa.func.now()
    try:
        session.flush()
    except IntegrityError:
        raise _taken(name or "") from None
    session.refresh(view)
    return view


def delete_view(session: Session, who: str, view_id: int) -> None:
    """Forget a view. Raises NotFound."""
    session.delete(get_view(session, who, view_id))
    session.flush()


def _taken(name: str) -> errors.Conflict:
    return errors.Conflict(f"there is a view named '{name}' already")


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        _refuse("name", f"a name has 1 to {MAX_NAME} printable characters")
    return name


def _checked_query(query: str) -> str:
    query = query.removeprefix("?")
    if len(query) > MAX_QUERY or not query.isprintable():
        _refuse("query", f"a query has at most {MAX_QUERY} printable characters")
    return query


def _refuse(field: str, message: str) -> None:
    raise errors.BadPayload(message, [{"loc": [field], "msg": message}])
