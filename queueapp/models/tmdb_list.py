"""Lists at TMDB, from the moment somebody wishes for one."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, CreatedAt

#: Our ids of lists begin here, far above TMDB's, so that either may be used where a list is named.
FIRST_ID = 1_000_000_001


class TmdbList(Base):
    """One list of a TMDB user; without `tmdb_list_id` it has not been created yet."""

    __tablename__ = "tmdb_lists"
    __table_args__ = (sa.UniqueConstraint("user_id", "tmdb_list_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=FIRST_ID), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("tmdb_users.id", ondelete="CASCADE"), index=True
    )
    tmdb_list_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    name: Mapped[str | None]
    description: Mapped[str | None]
    public: Mapped[bool | None]
    sort_by: Mapped[str | None]
    #: Films on it when TMDB was last asked.
    item_count: Mapped[int | None]
    #: It is no more at TMDB, or never came to be; why is in `gone_reason`.
    gone_at: Mapped[datetime | None]
    gone_reason: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
