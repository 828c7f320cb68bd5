"""Table `settings`: what a person changed at run time, as opposed to the configuration file."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, CreatedAt


class Setting(Base):
    """One named group of values that differ from the defaults, such as `phase.scan`."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str | None]
