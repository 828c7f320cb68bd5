"""This process's claim to lead: a lease in Postgres, and how long it may be relied on here."""

from __future__ import annotations

import os
import socket
import time
import uuid
from typing import TYPE_CHECKING

from queueapp.services.schedule import scheduler_lease

if TYPE_CHECKING:
    from queueapp.bootstrap import Runtime


class Leader:
    """Renews the lease, and stops trusting it as soon as it may have run out."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._host, self._pid = socket.gethostname(), os.getpid()
        self._holder = f"{self._host}:{self._pid}:{uuid.uuid4()}"
        self._valid_until = 0.0

    @property
    def leads(self) -> bool:
        """Whether the last renewal is fresh enough."""
        return time.monotonic() < self._valid_until

    def renew(self) -> bool:
        """Take or renew the lease; returns whether this process leads. Raises DatabaseUnavailable."""
        asked_at = time.monotonic()
        with self._runtime.transaction() as session:
            held = scheduler_lease.take_or_renew(session, self._holder, self._host, self._pid)
        self._valid_until = asked_at + scheduler_lease.LEASE_SECONDS if held else 0.0
        return self.leads

    def resign(self) -> None:
        """Give the lease up, so that another process leads at once. Raises DatabaseUnavailable."""
        if self._valid_until:
            self._valid_until = 0.0
            with self._runtime.transaction() as session:
                scheduler_lease.release(session, self._holder)
