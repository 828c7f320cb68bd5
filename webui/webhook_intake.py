"""Keeps webhooks moving in a web process: stores them or spools them, and takes the spool in.

Workers act on what is stored; while none is alive this process does, so that the tasks are there to be seen.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from typing import TypeVar, cast

import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask

from queueapp import errors
from queueapp.ledger import figures
from queueapp.ledger.workers import LEASE_SECONDS
from queueapp.runtime import Runtime
from queueapp.services.arr import webhook_intake, webhook_keys
from queueapp.services.arr.webhook_intake import Delivery
from queueapp.services.arr.webhook_keys import KnownKeys, Presented, Sender
from queueapp.services.arr.webhook_spool import Spool
from webui.context import KEY as RUNTIME

KEY = "queueapp.webhook_intake"
#: Seconds the database has for one act before it counts as away.
PATIENCE_SECONDS = 5.0
#: Seconds for which it is not asked again then.
AWAY_SECONDS = 1.0
#: Seconds between two looks when nothing comes, and between two readings of all keys.
LOOK_SECONDS = 1.0
KEYS_SECONDS = 2.0
SETTLE_SECONDS = 30.0
#: For so long after a webhook the next one is expected.
BUSY_SECONDS = 0.25
THREADS = 8

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Intake:
    """One per web process; its thread starts with the process, or with the first webhook."""

    def __init__(self, runtime: Runtime) -> None:
        self.spool = Spool.of(runtime.settings.data_dir)
        self.known = KnownKeys(runtime.settings.data_dir / "webhooks" / "keys.json")
        self._runtime = runtime
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._away_until = 0.0
        self.busy_at = 0.0
        #: whether no worker is there to act; until that was looked at once it may be so
        self.acts_here = True
        self._due = {"keys": 0.0, "settle": 0.0}

    def start(self) -> None:
        """Start the thread, once."""
        with self._starting:
            if self._thread is None:
                self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
                self._thread = threading.Thread(target=self._run, name="webhook intake", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread; what is stored or spooled waits for the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def sender_of(self, presented: Presented) -> Sender:
        """Whose key it is, by the database, or by what is remembered while that is away.

        Raises BadCredentials, NotAllowed.
        """

        def ask() -> Sender:
            if presented.user is None:
                with self._runtime.direct.connection() as conn:
                    return webhook_keys.owner_of(conn, presented.keys)
            with self._runtime.transaction() as session:
                return webhook_keys.owner_of_user(session, presented.user, self.known)

        try:
            return self._bounded(ask)
        except errors.DatabaseUnavailable:
            return self.known.find(presented)

    def take(self, presented: Presented | None, delivery: Delivery) -> int | None:
        """Keep a webhook for good: in the database, which gives its id, else in the spool.

        With nothing `presented` its sender has been let in already.

        Raises BadCredentials, NotAllowed, NotFound for an unknown name, SpoolFull.
        """
        # Behind those in the spool it waits there too, so that what came first is done first.
        stored = self._stored(presented, delivery) if self.spool.is_empty() else None
        if stored is None:
            sender = self.sender_of(presented) if presented else Sender()
            self.spool.put(replace(delivery, downloader_id=sender.downloader_id))
        self.busy_at = time.monotonic()
        if stored is None or self.acts_here:
            self._wake.set()
        return stored

    def _stored(self, presented: Presented | None, delivery: Delivery) -> int | None:
        def store() -> int | None:
            with self._runtime.direct.connection() as conn:
                if presented and (stored := webhook_intake.store_if_known(conn, presented.keys, delivery)):
                    return stored
                sender = webhook_keys.owner_of(conn, presented.keys) if presented else Sender()
                if not webhook_intake.is_source(conn, delivery.source):
                    raise errors.NotFound(f"there is no downloader named {delivery.source}")
                return webhook_intake.store(conn, replace(delivery, downloader_id=sender.downloader_id))

        try:
            return self._bounded(store)
        except errors.DatabaseUnavailable as error:
            log.warning("webhook spooled, the database is away", reason=error.message)
            return None

    def _bounded(self, work: Callable[[], T]) -> T:
        """Do something with the database within bounds. Raises DatabaseUnavailable, whatever is wrong with it."""
        self.start()
        assert self._pool is not None
        if time.monotonic() < self._away_until:
            raise errors.DatabaseUnavailable("it did not answer a moment ago")
        try:
            return self._pool.submit(work).result(PATIENCE_SECONDS)
        except TookTooLong:
            error = errors.DatabaseUnavailable("no answer in time")
        except errors.DatabaseUnavailable as away:
            error = away
        except (sa.exc.SQLAlchemyError, psycopg.Error, RuntimeError) as wrong:
            log.error("the database refuses webhooks", reason=str(wrong))
            error = errors.DatabaseUnavailable(str(wrong).splitlines()[0])
        self._away_until = time.monotonic() + AWAY_SECONDS
        raise error

    def _run(self) -> None:
        trouble = ""
        while not self._stopping.is_set():
            try:
                self._work()
                trouble = ""
            except (errors.QueueAppError, sa.exc.SQLAlchemyError, psycopg.Error, OSError) as error:
                if str(error) != trouble:
                    log.warning("webhooks wait", reason=str(error).splitlines()[0])
                trouble = str(error)
                self._stopping.wait(LOOK_SECONDS)
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()

    def _work(self) -> None:
        """Do all there is to do. Raises DatabaseUnavailable, OSError."""
        if self._is_due("keys", KEYS_SECONDS):
            with self._runtime.transaction() as session:
                self.known.refresh(session)
        if not self.spool.is_empty():
            count = self.spool.take(self._store_spooled)
            if count:
                log.info("spooled webhooks taken in", count=count)
        with self._runtime.direct.connection() as conn:
            self.acts_here = not any(
                one.workers for one in figures.workers(conn, LEASE_SECONDS) if one.state == "running"
            )
        if self.acts_here:
            self._act()

    def _act(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            if not webhook_intake.act_on_received(self._runtime):
                break
            self._make_room(time.monotonic() - began)
        if self._is_due("settle", SETTLE_SECONDS):
            webhook_intake.settle_waiting(self._runtime)

    def _make_room(self, spent_seconds: float) -> None:
        """Leave the process to those at the door for as long as we had it, while somebody is there."""
        if time.monotonic() - self.busy_at < BUSY_SECONDS:
            self._stopping.wait(min(spent_seconds, BUSY_SECONDS))

    def _store_spooled(self, delivery: Delivery) -> None:
        with self._runtime.direct.connection() as conn:
            webhook_intake.store(conn, delivery)

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + seconds
        return True


def install(app: Flask) -> None:
    """Give the app its intake; it is started by the process or by the first webhook."""
    app.extensions[KEY] = Intake(cast("Runtime", app.extensions[RUNTIME]))


def of(app: Flask) -> Intake:
    """The intake of an app."""
    return cast("Intake", app.extensions[KEY])


def stop(app: Flask) -> None:
    """End the intake of an app that is going away."""
    with contextlib.suppress(KeyError):
        of(app).stop()
