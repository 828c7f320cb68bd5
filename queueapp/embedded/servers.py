"""Starts what the settings leave open, database or Redis or both, for as long as it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from queueapp.config import Settings
from queueapp.embedded.account import server_account
from queueapp.embedded.layout import make_layout
from queueapp.embedded.lock import locked
from queueapp.embedded.postgres import Postgres
from queueapp.embedded.redis_server import RedisServer


@contextmanager
def serving(settings: Settings, role: str = "command", **about: Any) -> Iterator[Settings]:
    """Hold the instance and run the servers it has no URL for; gives settings with both URLs.

    `about` is noted in the lock for others to read. Raises InstanceRunning, ConfigError, DatabaseUnavailable
    or RedisUnavailable, each with one line for a person.
    """
    with ExitStack() as stack:
        stack.enter_context(locked(settings.data_dir, role, **about))
        found: dict[str, str] = {}
        if not (settings.database_url and settings.redis_url):
            account = server_account()
            layout = make_layout(settings.data_dir, account)
            if not settings.redis_url:
                redis_server = RedisServer(layout, account)
                stack.callback(redis_server.stop)
                redis_server.start()
                found["redis_url"] = redis_server.url
            if not settings.database_url:
                postgres = Postgres(layout, account)
                stack.callback(postgres.stop)
                postgres.start()
                found["database_url"] = postgres.url
        yield settings.model_copy(update=found)


def running_urls(settings: Settings) -> Settings:
    """Settings with the URLs of the servers that another process of this data directory runs."""
    found: dict[str, str] = {}
    if not (settings.database_url and settings.redis_url):
        account = server_account()
        layout = make_layout(settings.data_dir, account)
        if not settings.redis_url:
            found["redis_url"] = RedisServer(layout, account).url
        if not settings.database_url:
            found["database_url"] = Postgres(layout, account).url
    return settings.model_copy(update=found)
