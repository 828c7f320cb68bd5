"""Acts on an instance, whether it runs or not: attaches to its servers, or starts them for the while."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic.util import CommandError

from queueapp import bootstrap, db, embedded, errors
from queueapp.cli.root import settings_of
from queueapp.config import Settings
from queueapp.supervisor import application_root

#: How long a command waits for an `up` that is just starting.
STARTING_SECONDS = 20.0


@contextmanager
def open_runtime(ctx: click.Context) -> Iterator[bootstrap.Runtime]:
    """The wired parts of the instance that the command line names.

    Raises ConfigError when its database has not been migrated, DatabaseUnavailable, RedisUnavailable.
    """
    with open_settings(settings_of(ctx)) as settings, wired(settings) as runtime:
        yield runtime


@contextmanager
def open_settings(settings: Settings, *, unchecked: bool = False) -> Iterator[Settings]:
    """Settings with both URLs: given ones, those of the running `up`, or of servers started for the while.

    Raises ConfigError when the database has not been migrated, unless `unchecked`.
    """
    if settings.database_url and settings.redis_url:
        if not unchecked:
            refuse_unmigrated(settings)
        yield settings
    elif is_up(settings):
        running = embedded.running_urls(settings)
        if not unchecked:
            _wait_for_start(running)
        yield running
    else:
        with embedded.serving(settings) as servers:
            upgrade(servers.settings)
            yield servers.settings


@contextmanager
def wired(settings: Settings) -> Iterator[bootstrap.Runtime]:
    """A runtime with all of the application's operations."""
    make_application_importable()
    runtime = bootstrap.runtime(settings)
    try:
        yield runtime
    finally:
        runtime.close()


def make_application_importable() -> None:
    """The package of actors belongs to the application, beside its Procfile, not to our installation."""
    try:
        folder = str(application_root())
    except errors.ConfigError:
        return
    if folder not in sys.path:
        sys.path.insert(0, folder)


def is_up(settings: Settings) -> bool:
    """Whether a `queueapp up` runs on this data directory."""
    holder = embedded.holder_of(settings.data_dir)
    return holder is not None and holder.get("role") == "up"


def upgrade(settings: Settings) -> None:
    """Bring the database's tables to the newest revision; raises ConfigError for one of a newer version."""
    engine = db.make_engine(settings.database_url or "")
    try:
        db.upgrade(engine)
    except CommandError as error:
        raise errors.ConfigError(f"the database is not one this version can use: {error}") from None
    finally:
        engine.dispose()


def refuse_unmigrated(settings: Settings) -> None:
    """Raise ConfigError when the database's tables are not those of this version."""
    engine = db.make_engine(settings.database_url or "")
    try:
        current, newest = db.revisions(engine)
    finally:
        engine.dispose()
    if current != newest:
        at = f"at revision {current}" if current else "empty"
        raise errors.ConfigError(f"the database is {at}, not at {newest}: run `queueapp db upgrade` first")


def _wait_for_start(settings: Settings) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            refuse_unmigrated(settings)
            return
        except (errors.ConfigError, errors.DatabaseUnavailable):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
