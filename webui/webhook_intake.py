"""Keeps webhooks moving in a web process: stores them or spools them, takes the spool in, has them acted on."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import TypeVar, cast

import sqlalchemy as sa
import structlog
from flask import Flask

from queueapp import errors
from queueapp.runtime import Runtime
from queueapp.services import webhook_intake
from queueapp.services.webhook_intake import Delivery
from queueapp.services.webhook_keys import KnownKeys, Presented, Sender, authorize
from queueapp.services.webhook_spool import Spool
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
            with self._runtime.transaction() as session:
                return authorize(session, presented, self.known)

        try:
            return self._bounded(ask)
        except errors.DatabaseUnavailable:
            return self.known.find(presented)

    def knows_source(self, name: str) -> bool:
        """Whether webhooks may be sent under this name; while the database is away any may."""

        def ask() -> bool:
            with self._runtime.transaction() as session:
                return webhook_intake.is_source(session, name)

        try:
            return self._bounded(ask)
        except errors.DatabaseUnavailable:
            return True

    def take(self, delivery: Delivery) -> int | None:
        """Keep a webhook for good: in the database, which gives its id, else in the spool. Raises SpoolFull."""
        # Behind those in the spool it waits there too, so that what came first is done first.
        webhook_id = self._stored(delivery) if self.spool.is_empty() else None
        if webhook_id is None:
            self.spool.put(delivery)
        self._wake.set()
        return webhook_id

    def _stored(self, delivery: Delivery) -> int | None:
        def store() -> int | None:
            with self._runtime.transaction() as session:
                return webhook_intake.store(session, delivery)

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
        except (sa.exc.SQLAlchemyError, RuntimeError) as wrong:
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
            except (errors.QueueAppError, sa.exc.SQLAlchemyError, OSError) as error:
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
        while not self._stopping.is_set() and webhook_intake.act_on_received(self._runtime):
            continue
        if self._is_due("settle", SETTLE_SECONDS):
            webhook_intake.settle_waiting(self._runtime)

    def _store_spooled(self, delivery: Delivery) -> None:
        with self._runtime.transaction() as session:
            webhook_intake.store(session, delivery)

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
