"""Requests sent with a key are done once: a claim before, the answer kept behind it for a day."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.models.idempotency import IdempotencyKey

#: How long an answer is kept.
KEPT = timedelta(hours=24)
#: A request without an answer for this long has died with its process; it may be done anew.
ABANDONED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a request and to keep its answer."""

    caller: str
    key: str
    token: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A request with this key that came before."""

    fingerprint: str
    #: None while it runs
    status: int | None
    #: None when the answer was not kept, because it held a secret
    body: bytes | None = None
    mimetype: str | None = None
    location: str | None = None


def claim(session: Session, *, caller: str, key: str, fingerprint: str) -> Claim | Earlier:
    """Claim a key for a request, unless one came before; commit at once, so that others see it."""
    mine = Claim(caller, key, secrets.token_hex(16))
    row = insert(IdempotencyKey).values(
        caller=caller, key=key, fingerprint=fingerprint, claim=mine.token, status=None
    )
    age = sa.func.now() - IdempotencyKey.created_at
    forgotten = age > KEPT
    died = IdempotencyKey.status.is_(None) & (age > ABANDONED) & (IdempotencyKey.fingerprint == fingerprint)
    fresh = {
        "fingerprint": fingerprint,
        "claim": mine.token,
        "created_at": sa.func.now(),
        "status": None,
        "body": None,
        "mimetype": None,
        "location": None,
    }
    taken = row.on_conflict_do_update(
        index_elements=["caller", "key"], set_=fresh, where=forgotten | died
    ).returning(IdempotencyKey.claim)
    if session.scalar(taken) is not None:
        return mine
    found = session.get(IdempotencyKey, (caller, key), populate_existing=True)
    if found is None:
        return Earlier(fingerprint, None)  # given back this very moment: as good as running
    return Earlier(found.fingerprint, found.status, found.body, found.mimetype, found.location)


def keep(
    session: Session, mine: Claim, *, status: int, body: bytes | None, mimetype: str, location: str | None
) -> None:
    """Keep the answer to a request; changes nothing when the claim has passed to another run of it."""
    answer = {"status": status, "body": body, "mimetype": mimetype, "location": location}
    session.execute(sa.update(IdempotencyKey).where(*_is(mine)).values(**answer))


def release(session: Session, mine: Claim) -> None:
    """Forget a request that came to nothing, so that it may be sent again."""
    session.execute(sa.delete(IdempotencyKey).where(*_is(mine)))


def prune(session: Session) -> int:
    """Delete what is kept no longer; returns how much that was."""
    old = sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < sa.func.now() - KEPT)
    return len(session.scalars(old.returning(IdempotencyKey.key)).all())


def _is(mine: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        IdempotencyKey.caller == mine.caller,
        IdempotencyKey.key == mine.key,
        IdempotencyKey.claim == mine.token,
    )
