"""Carries an operation out at TMDB, and says what it waits for when that is not possible now."""

from __future__ import annotations

import random
from typing import Any, NoReturn

from queueapp import errors
from queueapp.connectors.circuit import FAILURES_TO_OPEN
from queueapp.connectors.provider import Means
from queueapp.connectors.tmdb_lists import (
    Change,
    CredentialsRefused,
    Line,
    ListMissing,
    ListsApi,
    Outage,
)
from queueapp.execution.context import Context
from queueapp.models.list_operation import ListOperationType, WaitsFor
from queueapp.models.tmdb_user import TmdbUser, TmdbUserStatus
from queueapp.services.lists import accounts, attempt, connection, known, waking
from queueapp.services.lists.account_views import label_of
from queueapp.services.lists.attempt import Begun

Kind = ListOperationType
#: The nth try that TMDB did not answer is followed by a wait of 30 · 2ⁿ⁻¹ seconds, at most an hour.
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0
JITTER = 0.1
#: An operation that waits for a person looks this often by itself; connecting again wakes it at once.
PERSON_WAIT_SECONDS = 3600.0


def run(context: Context, operation_id: int) -> dict[str, Any]:
    """Carry out one operation and return its result.

    Raises Skip, Permanent, and RetryLater when it has to wait; what it waits for is stored with it.
    """
    line, api, token = _open(context, operation_id)
    context.confirm_claim()
    with context.transaction() as session:
        begun = attempt.begin(session, context.task_id, operation_id)
    try:
        tmdb_list_id, change = _ask(context, api, begun)
    except errors.QueueAppError as error:
        _give_up(context, begun, token, error)
    with context.transaction() as session:
        result = attempt.record(session, begun, tmdb_list_id, change)
    if line.recovered:
        waking.wake_waiting_for(context.runtime, WaitsFor.OUTAGE, WaitsFor.CIRCUIT)
    context.log(f"{begun.list_name}: {change.message}")
    return result


def take_in(context: Context, user_id: int) -> dict[str, Any]:
    """Take in what lists a user has at TMDB. Raises Skip, Permanent, RetryLater."""
    with context.transaction() as session:
        user = session.get(TmdbUser, user_id)
    if user is None or user.status is not TmdbUserStatus.CONNECTED:
        raise errors.Skip(f"TMDB user {user_id} is not connected")
    means = Means(context.runtime.redis, context.transaction, context.sleep)
    line, api = connection.open_line(context.settings, means, user)
    line.admit()
    try:
        found = api.lists()
    except CredentialsRefused as error:
        accounts.note_refused(context.runtime, user_id, user.access_token or "", error.reason)
        raise errors.Permanent(f"TMDB refuses the access of {label_of(user)}: {error.reason}") from None
    with context.transaction() as session:
        new = known.take_in(session, user_id, found)
    context.log(f"{len(found)} lists at TMDB, {new} of them new here")
    return {"lists": len(found), "new": new}


def backoff_seconds(tries: int) -> float:
    """The wait after that many tries without an answer: 30, 60, 120 … at most an hour, give or take a tenth."""
    plain: float = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 20), LONGEST_WAIT_SECONDS)
    return plain * random.uniform(1 - JITTER, 1 + JITTER)


def _open(context: Context, operation_id: int) -> tuple[Line, ListsApi, str]:
    """The way to TMDB, admitted for a first request, and the token used. Raises RetryLater."""
    with context.transaction() as session:
        operation, user = attempt.find(session, context.task_id, operation_id)
        # It has kept a wait of its own, so the circuit's rest does not count for it.
        insist = operation.tries > 0 or operation.waits_for is not None
        who, refused_reason = label_of(user), user.refused_reason
        refused = user.status is not TmdbUserStatus.CONNECTED
    if refused:
        _wait(context, operation_id, WaitsFor.CREDENTIALS)
        _wait_for_person(who, refused_reason or "not connected")
    means = Means(context.runtime.redis, context.transaction, context.sleep)
    line, api = connection.open_line(context.settings, means, user)
    try:
        line.admit(insist=insist)
    except errors.CircuitOpen:
        _wait(context, operation_id, WaitsFor.CIRCUIT)
        raise
    return line, api, user.access_token or ""


def _ask(context: Context, api: ListsApi, begun: Begun) -> tuple[int | None, Change]:
    """Do it at TMDB; returns the id of the list there and what came of it."""
    if begun.kind is Kind.CREATE_LIST:
        return _create(context, api, begun)
    list_id = begun.tmdb_list_id
    if begun.kind is Kind.DELETE_LIST:
        list_id = list_id or _made_unnoticed(api, begun)
        return list_id, Change(False, "it was never created") if list_id is None else api.delete(list_id)
    assert list_id is not None
    match begun.kind:
        case Kind.UPDATE_LIST:
            return list_id, api.update(list_id, begun.data)
        case Kind.CLEAR_LIST:
            return list_id, api.clear(list_id)
        case Kind.ADD_ITEM:
            return list_id, api.add(list_id, begun.movie_id or 0)
        case _:
            return list_id, api.remove(list_id, begun.movie_id or 0)


def _create(context: Context, api: ListsApi, begun: Begun) -> tuple[int, Change]:
    if begun.tmdb_list_id is not None:
        return begun.tmdb_list_id, Change(False, "it was created already")
    made = _made_unnoticed(api, begun)
    if made is not None:
        return made, Change(True, "created by an earlier try whose answer was lost")
    if begun.namesakes is None:
        before = _lists_named(api, str(begun.data["name"]))
        with context.transaction() as session:
            attempt.keep_namesakes(session, begun.operation_id, before)
    return api.create(begun.data), Change(True, "created")


def _made_unnoticed(api: ListsApi, begun: Begun) -> int | None:
    """The list that a creation made whose answer never came, if it did: of that name, and not there before."""
    if begun.namesakes is None:
        return None
    name = str(begun.data.get("name") or begun.list_name.strip("“”"))
    others = begun.made_by_us | set(begun.namesakes)
    return max((one for one in _lists_named(api, name) if one not in others), default=None)


def _lists_named(api: ListsApi, name: str) -> list[int]:
    try:
        return [one.id for one in api.lists() if one.name == name]
    except errors.Permanent:
        return []  # an account whose lists cannot be seen has none to be mistaken for


def _give_up(context: Context, begun: Begun, token: str, error: errors.QueueAppError) -> NoReturn:
    """End a try that had no outcome: note why, and raise what makes the task wait or fail."""
    if isinstance(error, ListMissing):
        reason = "it does not exist at TMDB any more"
        with context.transaction() as session:
            attempt.note_missing(session, begun.list_id, reason)
        raise ListMissing(f"{begun.list_name} is gone: {reason}") from None
    if isinstance(error, CredentialsRefused):
        accounts.note_refused(context.runtime, begun.user_id, token, error.reason)
        _wait(context, begun.operation_id, WaitsFor.CREDENTIALS)
        with context.transaction() as session:
            who = label_of(accounts.load(session, begun.user_id))
        _wait_for_person(who, error.reason)
    if isinstance(error, Outage):
        with context.transaction() as session:
            attempt.note_wait(session, begun.operation_id, WaitsFor.OUTAGE)
            # The circuit forgets when Redis does; that TMDB does nothing for anybody is seen here as well.
            alone = begun.tries < FAILURES_TO_OPEN or attempt.others_were_done(session, begun.operation_id)
        seconds = error.seconds if error.seconds is not None else backoff_seconds(begun.tries)
        raise Outage(error.message, seconds, uses_attempt=error.uses_attempt and alone) from None
    if isinstance(error, errors.RetryLater):
        _wait(context, begun.operation_id, WaitsFor.PACE)
    raise error


def _wait(context: Context, operation_id: int, reason: WaitsFor) -> None:
    with context.transaction() as session:
        attempt.note_wait(session, operation_id, reason)


def _wait_for_person(who: str, reason: str) -> NoReturn:
    message = f"TMDB refuses the access of {who} ({reason}); it goes on when they are connected again"
    raise errors.RetryLater(message, PERSON_WAIT_SECONDS, uses_attempt=False)
