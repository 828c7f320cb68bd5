"""Answers of metadata providers, kept so that nothing is asked twice within their life."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base


class CachedResponse(Base):
    """One answer of a provider; `request` never holds a credential."""

    __tablename__ = "provider_cache"

    #: SHA-256 of provider, base URL and request.
    key: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    request: Mapped[str]
    #: 200, or 404 for "there is no such thing".
    status: Mapped[int]
    etag: Mapped[str | None]
    body: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    fetched_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_provider_cache_expires_at", "expires_at"),)
