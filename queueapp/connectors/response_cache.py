"""Answers of providers in PostgreSQL, so that all workers ask each thing once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.models.provider_cache import CachedResponse

#: Details of a title; asked again afterwards with their ETag.
DETAILS_LIFE = timedelta(days=30)
#: Searches, and "there is no such thing": new titles appear daily.
SEARCH_LIFE = timedelta(days=1)


@dataclass(frozen=True)
class Cached:
    """A stored answer; `is_fresh` says that the provider need not be asked."""

    status: int
    etag: str | None
    body: Any
    is_fresh: bool


def request_text(path: str, params: Mapping[str, str | int]) -> str:
    """The request in one spelling, without credentials (those travel in headers, or are added later)."""
    return path + "?" + "&".join(f"{name}={params[name]}" for name in sorted(params))


def key_of(provider: str, base_url: str, request: str) -> str:
    """The primary key of an answer."""
    return hashlib.sha256(json.dumps([provider, base_url, request]).encode()).hexdigest()


def load(session: Session, key: str) -> Cached | None:
    """The stored answer, fresh or not."""
    fresh = (CachedResponse.expires_at > sa.func.now()).label("fresh")
    query = sa.select(CachedResponse.status, CachedResponse.etag, CachedResponse.body, fresh)
    row = session.execute(query.where(CachedResponse.key == key)).one_or_none()
    return Cached(row.status, row.etag, row.body, row.fresh) if row else None


def store(
    session: Session,
    *,
    key: str,
    provider: str,
    request: str,
    status: int,
    etag: str | None,
    body: Any,
    life: timedelta,
) -> None:
    """Keep an answer for `life`, over the one before."""
    values = {"provider": provider, "request": request, "status": status, "etag": etag, "body": body}
    times = {"fetched_at": sa.func.now(), "expires_at": sa.func.now() + life}
    row = insert(CachedResponse).values(key=key, **values, **times)
    session.execute(row.on_conflict_do_update(index_elements=["key"], set_={**values, **times}))


def renew(session: Session, key: str, life: timedelta) -> None:
    """The provider said that nothing changed: the stored answer lives on."""
    times = {"fetched_at": sa.func.now(), "expires_at": sa.func.now() + life}
    session.execute(sa.update(CachedResponse).where(CachedResponse.key == key).values(**times))


def prune(session: Session, older_than: timedelta = DETAILS_LIFE, *, dry_run: bool = False) -> int:
    """Delete answers that expired longer ago than `older_than`, or only count them; returns how many."""
    expired = CachedResponse.expires_at < sa.func.now() - older_than
    if dry_run:
        return session.scalar(sa.select(sa.func.count()).select_from(CachedResponse).where(expired)) or 0
    return len(session.execute(sa.delete(CachedResponse).where(expired).returning(CachedResponse.key)).all())
