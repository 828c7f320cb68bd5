"""Connections to PostgreSQL and the migration of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from queueapp import errors
from queueapp.pool import ask_after_a_rest

#: Whatever zone the server is in, times are read and written in UTC.
IN_UTC = "-c timezone=UTC"
#: libpq options that make a dead network show within about ten seconds.
CONNECT_ARGS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "queueapp",
    "options": IN_UTC,
}


def sqlalchemy_url(database_url: str) -> str:
    """Return the SQLAlchemy form of a `postgresql://` URL; raises ConfigError for any other database."""
    scheme, _, rest = database_url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not rest:
        raise errors.ConfigError(f"DATABASE_URL must be a postgresql:// URL, not {scheme or 'empty'}://…")
    return f"postgresql+psycopg://{rest}"


#: The engine's statements touch a few rows of large, fast-changing tables by their keys. Statistics lag behind
#: such tables, and a plan made while one was small would read it whole for ever after. So they are joined in the
#: order in which they are written, by index, and planned once: planning a claim of one item costs more than its run.
BY_INDEX = (
    f"{IN_UTC} -c jit=off -c plan_cache_mode=force_generic_plan"
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c join_collapse_limit=1"
    # A stopped process must not hold the rows it has locked.
    " -c idle_in_transaction_session_timeout=10s"
)
#: Readers ask with values of very different weight (a rare type, a common one): each is planned for its own.
#: Compiling a plan takes longer than any of their answers.
PLANNED = {"options": f"{IN_UTC} -c plan_cache_mode=force_custom_plan -c jit=off"}
#: libpq options of connections whose commits wait for the disk, and of those whose commits need not.
DURABLE = {"options": BY_INDEX}
NOT_DURABLE = {"options": f"{BY_INDEX} -c synchronous_commit=off"}


def make_engine(database_url: str, pool_size: int = 10) -> sa.Engine:
    """Return an engine; nothing is connected until it is used."""
    engine = sa.create_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=10,
        pool_timeout=10,
        pool_use_lifo=True,
        connect_args=CONNECT_ARGS | PLANNED,
    )
    return ask_after_a_rest(engine)


def make_dispatch_engine(database_url: str) -> sa.Engine:
    """Return an engine whose every statement is a commit of its own that does not wait for the disk.

    Right only for writes that may be lost, such as dispatches, which the relay repairs.
    """
    engine = sa.create_engine(
        sqlalchemy_url(database_url),
        pool_size=2,
        max_overflow=8,
        pool_timeout=5,
        pool_use_lifo=True,
        isolation_level="AUTOCOMMIT",
        connect_args=CONNECT_ARGS | NOT_DURABLE,
    )
    return ask_after_a_rest(engine)


def driver(connection: sa.Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection below a SQLAlchemy one; it shares its transaction."""
    below = connection.connection.driver_connection
    assert isinstance(below, psycopg.Connection)
    return below


def raw(session: Session) -> psycopg.Connection[Any]:
    """Return the psycopg connection of a session; it shares its transaction."""
    session.flush()
    return driver(session.connection())


def make_sessions(engine: sa.Engine) -> sessionmaker[Session]:
    """Return the factory of sessions on an engine."""
    return sessionmaker(engine, expire_on_commit=False)


def connect(database_url: str, *, durable: bool = True) -> psycopg.Connection[Any]:
    """Open one plain autocommit connection for the engine's hot paths.

    With `durable=False` its commits do not wait for the disk: right only for writes that may be lost, such as
    dispatches and claims, which the relay and the fencing repair.
    """
    plain = sqlalchemy_url(database_url).replace("postgresql+psycopg://", "postgresql://", 1)
    extra = DURABLE if durable else NOT_DURABLE
    return psycopg.connect(plain, autocommit=True, **(CONNECT_ARGS | extra))


def upgrade(engine: sa.Engine) -> None:
    """Bring the tables to the newest revision; waits while another process does the same."""
    from queueapp.migrations import run  # alembic takes long to import, and workers never need it

    run.upgrade(engine)


def revisions(engine: sa.Engine) -> tuple[str | None, str | None]:
    """Return the revision the database is at and the newest one the code knows."""
    from queueapp.migrations import run

    return run.revisions(engine)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's connection errors into DatabaseUnavailable with one clear line."""
    try:
        yield
    except (sa.exc.OperationalError, psycopg.OperationalError) as error:
        first_line = (
            str(error.orig if isinstance(error, sa.exc.OperationalError) else error).strip().splitlines()[0]
        )
        raise errors.DatabaseUnavailable(f"cannot reach the database: {first_line}") from error
