"""Table `idempotency_keys`: requests that carried a key, and what they were answered."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, CreatedAt


class IdempotencyKey(Base):
    """One request that carried an `Idempotency-Key`."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (sa.Index(None, "created_at"),)

    #: "key:12" or "session:3": two callers may use the same key
    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    #: of method, path, query and body; keyed, because a body may hold a password
    fingerprint: Mapped[str]
    #: which run of the request may write the answer
    claim: Mapped[str]
    created_at: Mapped[CreatedAt]
    #: null while the request runs
    status: Mapped[int | None] = mapped_column(sa.SmallInteger)
    #: null when the answer holds a secret, which is not kept
    body: Mapped[bytes | None]
    mimetype: Mapped[str | None]
    location: Mapped[str | None]
