"""Table `users`: people who log in, each with one role."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class Role(enum.StrEnum):
    """What a user or key may do: an admin everything, a viewer only read."""

    ADMIN = "admin"
    VIEWER = "viewer"

    def allows(self, needed: Role) -> bool:
        """Whether this role is enough where `needed` is asked for."""
        return self is Role.ADMIN or needed is Role.VIEWER


class User(Base):
    """A person's account; `name` is kept in lower case, so that it is unique whatever the case."""

    __tablename__ = "users"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role] = mapped_column(status_column(Role, "role"))
    password_hash: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    last_login_at: Mapped[datetime | None]

    __table_args__ = (sa.CheckConstraint("name = lower(name)", name="name_lower"),)
