"""Table `api_keys`: how programs get in. Only a hash is stored; the key is shown once, when it is made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column
from queueapp.models.user import Role


class ApiKey(Base):
    """One key of one program; a revoked one stays, so that the audit log can still name it."""

    __tablename__ = "api_keys"

    id: Mapped[BigId]
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(status_column(Role, "role"))
    #: SHA-256 of the key, hexadecimal. The key itself is 256 random bits, so no slow hash is needed.
    key_hash: Mapped[str] = mapped_column(unique=True)
    #: the key's first characters, by which a person tells keys apart
    prefix: Mapped[str]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
