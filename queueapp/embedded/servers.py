"""Starts what the settings leave open, database or Redis or both, for as long as it is needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from queueapp.config import Settings
from queueapp.embedded.account import server_account
from queueapp.embedded.layout import Layout, make_layout
from queueapp.embedded.lock import locked
from queueapp.embedded.postgres import Postgres
from queueapp.embedded.redis_server import RedisServer
from queueapp.errors import QueueAppError

#: Seconds after which a server that could not be started is tried again.
AGAIN_SECONDS = 5.0

#: The field of the settings that each server's URL belongs to.
Parts = dict[str, Postgres | RedisServer]


class Servers:
    """The servers of one instance that have no URL in its settings; `settings` are complete once started."""

    def __init__(self, settings: Settings) -> None:
        self._parts: Parts = _parts_of(settings)
        self.settings = settings.model_copy(update={name: part.url for name, part in self._parts.items()})
        self.layout: Layout | None = next((part.layout for part in self._parts.values()), None)
        #: when to start again, on the monotonic clock, what has died
        self._due: dict[str, float] = {}

    def start(self) -> None:
        """Start them all; returns when they answer. Raises as `serving` does."""
        for part in self._parts.values():
            part.start()

    def restart_dead(self, report: Callable[[str], None]) -> None:
        """Start again any that died by itself; one that does not start, as on a full disk, is tried again."""
        for name, part in self._parts.items():
            if part.child is not None and part.child.poll() is not None:
                status = part.child.returncode
                report(f"the embedded server of {name} died (status {status}); starting it again")
                part.child = None
                self._due[name] = 0.0
            if name in self._due and time.monotonic() >= self._due[name]:
                self._start_again(name, part, report)

    def _start_again(self, name: str, part: Postgres | RedisServer, report: Callable[[str], None]) -> None:
        try:
            part.start()
            del self._due[name]
        except (QueueAppError, OSError) as error:
            report(f"{error}; trying again in {AGAIN_SECONDS:g} s")
            self._due[name] = time.monotonic() + AGAIN_SECONDS

    def stop(self) -> None:
        """Stop them all, the database last."""
        for part in self._parts.values():
            part.stop()


@contextmanager
def serving(settings: Settings, role: str = "command") -> Iterator[Servers]:
    """Hold the instance and run the servers it has no URL for.

    Raises InstanceRunning, ConfigError, DatabaseUnavailable or RedisUnavailable, each with one line for a
    person.
    """
    with locked(settings.data_dir, role), running(settings) as servers:
        yield servers


@contextmanager
def running(settings: Settings) -> Iterator[Servers]:
    """Run the servers that the settings have no URL for; the caller holds the instance. Raises as `serving`."""
    servers = Servers(settings)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def running_urls(settings: Settings) -> Settings:
    """Settings with the URLs of the servers that another process of this data directory runs."""
    return Servers(settings).settings


def _parts_of(settings: Settings) -> Parts:
    if settings.database_url and settings.redis_url:
        return {}
    account = server_account()
    layout = make_layout(settings.data_dir, account)
    parts: Parts = {}
    if not settings.redis_url:
        parts["redis_url"] = RedisServer(layout, account)
    if not settings.database_url:
        parts["database_url"] = Postgres(layout, account)
    return parts
