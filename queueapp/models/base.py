"""The declarative base: one metadata with a naming convention, and column types used by every table."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every model; plain SQLAlchemy, so that no process but the web needs Flask."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: sa.DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
        str: sa.Text,
    }


BigId = Annotated[int, mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(server_default=sa.func.now())]


def status_column(statuses: type[enum.StrEnum], name: str) -> sa.Enum:
    """A text column whose CHECK admits just the values of `statuses`.

    Without these options SQLAlchemy stores names instead of values and makes no CHECK.
    """
    return sa.Enum(
        statuses,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda kind: [member.value for member in kind],
    )
