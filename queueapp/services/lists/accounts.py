"""TMDB users: connect, connect again, list, forget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.config import Settings
from queueapp.connectors import tmdb_account
from queueapp.connectors.circuit import Circuit
from queueapp.connectors.tmdb_lists import NAME
from queueapp.models.tmdb_user import TmdbUser, TmdbUserKind, TmdbUserStatus
from queueapp.runtime import Runtime
from queueapp.services.lists.account_views import Connection, NewTmdbUser, TmdbUserView

T = TypeVar("T")


def list_users(session: Session) -> list[TmdbUserView]:
    """All TMDB users, in the order of their connection."""
    return [TmdbUserView.of(user) for user in session.scalars(sa.select(TmdbUser).order_by(TmdbUser.id))]


def get_user(session: Session, user_id: int) -> TmdbUserView:
    """One TMDB user. Raises NotFound."""
    return TmdbUserView.of(load(session, user_id))


def load(session: Session, user_id: int, *, lock: bool = False) -> TmdbUser:
    """The stored user with its tokens; `lock` keeps others from changing it meanwhile. Raises NotFound."""
    query = sa.select(TmdbUser).where(TmdbUser.id == user_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    user = session.scalar(query)
    if user is None:
        raise errors.NotFound(f"there is no TMDB user {user_id}")
    return user


def connect(runtime: Runtime, new: NewTmdbUser) -> Connection:
    """Ask TMDB for a request token and keep it with a new user.

    Raises Conflict when our own credentials are missing or refused, ProviderUnavailable.
    """
    asked = _ask(runtime.settings, new.kind, new.redirect_to)
    with runtime.transaction() as session:
        user = TmdbUser(name=new.name, kind=new.kind, request_token=asked.request_token)
        session.add(user)
        session.flush()
        session.refresh(user)
        return _connection(user, asked)


def reconnect(runtime: Runtime, user_id: int, redirect_to: str | None = None) -> Connection:
    """Ask for a new approval of a known user. Raises NotFound, Conflict, ProviderUnavailable."""
    with runtime.transaction() as session:
        kind = load(session, user_id).kind
    asked = _ask(runtime.settings, kind, redirect_to)
    with runtime.transaction() as session:
        user = load(session, user_id, lock=True)
        user.request_token = asked.request_token
        _touch(session, user)
        return _connection(user, asked)


def complete(runtime: Runtime, user_id: int) -> TmdbUserView:
    """Exchange what the person has approved for the real token; a known account takes the new token over.

    Raises NotFound, Conflict when there is nothing to complete, no approval yet, or another account than before,
    and ProviderUnavailable.
    """
    with runtime.transaction() as session:
        user = load(session, user_id)
        kind, token, name = user.kind, user.request_token, user.name
    if token is None:
        raise errors.Conflict(f"TMDB user {user_id} has no connection to complete; connect again first")
    exchange = tmdb_account.complete_v4 if kind is TmdbUserKind.V4 else tmdb_account.complete_v3
    granted = _told(lambda: exchange(runtime.settings, token))
    with runtime.transaction() as session:
        user = _owner(session, user_id, granted.account_id)
        user.name = user.name or name or granted.username
        user.account_id = granted.account_id or user.account_id
        user.access_token = granted.access_token
        user.status, user.request_token = TmdbUserStatus.CONNECTED, None
        user.refused_at = user.refused_reason = None
        user.connected_at = sa.func.now()
        _touch(session, user)
        view = TmdbUserView.of(user)
    _close_circuit(runtime, view.id)
    return view


def remove(runtime: Runtime, user_id: int) -> None:
    """Forget a user with all that is known of their lists, and ask TMDB to forget the token. Raises NotFound."""
    with runtime.transaction() as session:
        user = load(session, user_id, lock=True)
        kind, token = user.kind, user.access_token
        session.delete(user)
    _close_circuit(runtime, user_id)
    if token:
        forget = tmdb_account.forget_v4 if kind is TmdbUserKind.V4 else tmdb_account.forget_v3
        forget(runtime.settings, token)


def note_refused(runtime: Runtime, user_id: int, token: str, reason: str) -> None:
    """Remember that TMDB refuses a user's token, unless it has been replaced meanwhile."""
    with runtime.transaction() as session:
        user = load(session, user_id, lock=True)
        if user.access_token != token or user.status is TmdbUserStatus.REFUSED:
            return
        user.status, user.refused_at, user.refused_reason = TmdbUserStatus.REFUSED, sa.func.now(), reason
        user.updated_at = sa.func.now()
    with suppress(errors.RetryLater):
        circuit_of(runtime, user_id).record_refused(reason)


def approve_url(settings: Settings, user: TmdbUser) -> str | None:
    """Where the person approves the connection that is asked for; None when none is."""
    if user.request_token is None:
        return None
    url = tmdb_account.approve_url_v4 if user.kind is TmdbUserKind.V4 else tmdb_account.approve_url_v3
    return url(settings, user.request_token)


def circuit_of(runtime: Runtime, user_id: int) -> Circuit:
    """The circuit of one user's credentials."""
    return Circuit(runtime.redis, NAME, f"user-{user_id}")


def _close_circuit(runtime: Runtime, user_id: int) -> None:
    # The database is what counts; with Redis away only a figure stays wrong until it forgets.
    with suppress(errors.RetryLater):
        circuit_of(runtime, user_id).record_succeeded()


def _owner(session: Session, user_id: int, account_id: str | None) -> TmdbUser:
    """The row that a granted account belongs to: that of an earlier connection, when there is one."""
    user = load(session, user_id, lock=True)
    if account_id is None:
        return user
    if user.account_id not in (None, account_id):
        raise errors.Conflict("this approval is of another TMDB account than before")
    same = sa.select(TmdbUser.id).where(
        TmdbUser.kind == user.kind, TmdbUser.account_id == account_id, TmdbUser.id != user_id
    )
    known = session.scalar(same)
    if known is None:
        return user
    session.delete(user)
    session.flush()
    return load(session, known, lock=True)


def _ask(settings: Settings, kind: TmdbUserKind, redirect_to: str | None) -> tmdb_account.Asked:
    section = settings.tmdb
    if kind is TmdbUserKind.V4 and not section.access_token:
        raise errors.Conflict("connecting by v4 needs our own TMDB access token: set tmdb.access_token")
    if not (section.access_token or section.api_key):
        raise errors.Conflict("connecting needs our own TMDB key: set tmdb.access_token or tmdb.api_key")
    ask = tmdb_account.ask_v4 if kind is TmdbUserKind.V4 else tmdb_account.ask_v3
    return _told(lambda: ask(settings, redirect_to))


def _told(act: Callable[[], T]) -> T:
    """Do it, with what the connector raises in the words of a request."""
    with _translated():
        return act()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except errors.RetryLater as error:
        raise errors.ProviderUnavailable(error.message) from None
    except errors.Permanent as error:
        raise errors.Conflict(error.message) from None


def _connection(user: TmdbUser, asked: tmdb_account.Asked) -> Connection:
    return Connection(**TmdbUserView.of(user).model_dump(), approve_url=asked.approve_url)


def _touch(session: Session, user: TmdbUser) -> None:
    user.updated_at = sa.func.now()
    session.flush()
    session.refresh(user)
