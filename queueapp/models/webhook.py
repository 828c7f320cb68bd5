"""Webhooks as they were received, and the files they told of."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class Origin(enum.StrEnum):
    """How a webhook came to us."""

    HTTP = "http"
    SPOOL = "spool"  #: received while the database was away, taken in later
    HISTORY = "history"  #: never received, read from the downloader's history
    REPLAY = "replay"  #: a person had an earlier one acted on again


class Outcome(enum.StrEnum):
    """What came of a webhook."""

    RECEIVED = "received"  #: stored, and about to be looked at
    TASK = "task"  #: a task does what it asks for
    DUPLICATE = "duplicate"  #: another webhook told the same before
    RECORDED = "recorded"  #: kept to be looked at; nothing is to be done
    IGNORED = "ignored"  #: of a kind that nobody here knows
    WAITING = "waiting"  #: the first half of an upgrade, whose import is still to come
    ERROR = "error"  #: could not be acted on; the reason says why


class Webhook(Base):
    """One webhook. No foreign key to tasks: they are pruned by a time of their own."""

    __tablename__ = "webhooks"
    __table_args__ = (
        sa.UniqueConstraint("receipt"),
        sa.Index("ix_webhooks_event", "event", "id"),
        sa.Index("ix_webhooks_outcome", "outcome", "id"),
        sa.Index("ix_webhooks_source", "source", "id"),
        sa.Index("ix_webhooks_story", "story", "id", postgresql_where=sa.text("story IS NOT NULL")),
        sa.Index("ix_webhooks_received_at", "received_at"),
    )

    id: Mapped[BigId]
    #: Given at the door, so that one taken in twice is stored once.
    receipt: Mapped[uuid.UUID]
    #: What the address named: radarr, sonarr, or a downloader.
    source: Mapped[str]
    downloader_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("downloaders.id", ondelete="SET NULL"), index=True
    )
    origin: Mapped[Origin] = mapped_column(status_column(Origin, "origin"))
    event: Mapped[str]
    #: What it is about, for people.
    title: Mapped[str | None]
    received_at: Mapped[CreatedAt]
    #: The JSON as it came.
    body: Mapped[str]
    outcome: Mapped[Outcome] = mapped_column(status_column(Outcome, "outcome"))
    reason: Mapped[str | None]
    task_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    duplicate_of: Mapped[int | None] = mapped_column(sa.BigInteger)
    replay_of: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: The same for all that one downloader tells of one title.
    story: Mapped[str | None]


class WebhookFile(Base):
    """A file that an import told of, and the task that imports it: what is told again is known by it."""

    __tablename__ = "webhook_files"
    __table_args__ = (sa.Index("ix_webhook_files_place", "place", "id"),)

    id: Mapped[BigId]
    webhook_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    #: The path as the downloader spells it, in one form for every spelling, with the downloader before it.
    place: Mapped[str]
    #: What tells a file from another one at the same path: its id in the downloader, else its size and date.
    mark: Mapped[str | None]
    task_id: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[CreatedAt]
    #: When it was first looked for in vain.
    missed_at: Mapped[datetime | None]
    #: Its file was deleted since, so the next import of that path is another one.
    superseded: Mapped[bool] = mapped_column(server_default=sa.false())
