"""Tells whole jobs: of each task of which an event tells, what the ledger says of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import structlog

from queueapp.errors import QueueAppError
from queueapp.events.kinds import Kind
from queueapp.ledger import reads
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.runtime import Runtime
from queueapp.services import jobs
from queueapp.services.jobs import Job
from queueapp.states import TASK_ACTIVE
from webui.events.client import Client
from webui.events.frames import Frame
from webui.events.hub import Hub

log = structlog.get_logger(__name__)

#: Least seconds between two reads of the ledger.
INTERVAL_SECONDS = 0.1
#: Jobs told to who begins to listen.
MOST_JOBS = 100

#: Encodes a job; given by the API, which knows its shape.
Encode = Callable[[Job], str]


class JobClient(Client):
    """A reader of jobs: of the hub it takes only the signs of life and the end."""

    def wants(self, frame: Frame) -> bool:
        """Nothing of what the hub sends is for it."""
        return False

    def take(self, frame: Frame) -> None:
        """Hand over a job."""
        if not self.ended:
            self._put(frame)


class _Changed(Client):
    """Listens to the hub and gathers which tasks have changed."""

    def __init__(self, changed: threading.Event) -> None:
        super().__init__()
        self._changed = changed
        self._lock = threading.Lock()
        self._ids: set[int] = set()
        self._last_id = ""
        self._lost = False

    def offer(self, frame: Frame) -> None:
        """Note the task; cannot lag, for a task is noted once."""
        with self._lock:
            self._last_id = frame.event_id or self._last_id
            if frame.kind is Kind.RESET:
                self._lost = True
            elif frame.task_id is not None and self.wants(frame):
                self._ids.add(frame.task_id)
        self._changed.set()

    def beat(self) -> None:
        """Nothing."""

    def end(self) -> None:
        """Let the feed see that it ends."""
        self.ended = True
        self._changed.set()

    def take(self) -> tuple[set[int], str, bool]:
        """What has changed since the last time, up to which event, and whether something was lost."""
        with self._lock:
            taken = self._ids, self._last_id, self._lost
            self._ids, self._lost = set(), False
        return taken


class JobFeed:
    """One reader of jobs per process, fanned out to its clients; begins with the first of them."""

    def __init__(self, runtime: Runtime, hub: Hub, encode: Encode) -> None:
        self._runtime = runtime
        self._hub = hub
        self._encode = encode
        self._lock = threading.Lock()
        self._clients: set[JobClient] = set()
        self._changed = threading.Event()
        self._started = False

    def join(self, client: JobClient) -> None:
        """Add a client; it gets the jobs that change from now on."""
        with self._lock:
            self._clients.add(client)
            if not self._started:
                self._started = True
                listening = _Changed(self._changed)
                self._hub.join(listening)
                self._hub.accompany(partial(self._run, listening), "events_jobs")

    def leave(self, client: JobClient) -> None:
        """Remove a client."""
        with self._lock:
            self._clients.discard(client)

    def present(self, missed: list[int] | None) -> list[Frame]:
        """The active jobs and the missed ones, or the latest when it is not known what was missed."""
        with self._runtime.transaction() as session:
            active = TaskFilter(status=tuple(sorted(TASK_ACTIVE)))
            views = reads.list_tasks(session, active, Page(limit=MOST_JOBS)).tasks
            if missed is None:
                recent = Page(limit=MOST_JOBS, order_by="updated_at")
                views = [*reads.list_tasks(session, TaskFilter(), recent).tasks[::-1], *views]
            else:
                views = [*reads.get_tasks(session, missed), *views]
            found = jobs.of_tasks(session, list({view.id: view for view in views}.values()))
        return [self._frame(job, self._hub.last_id) for job in found]

    def _run(self, listening: _Changed) -> None:
        while not listening.ended:
            self._changed.wait()
            self._changed.clear()
            ids, last_id, lost = listening.take()
            with self._lock:
                clients = list(self._clients)
            if clients and (ids or lost):
                self._tell(clients, ids, last_id, lost)
            self._hub.closed.wait(INTERVAL_SECONDS)

    def _tell(self, clients: list[JobClient], ids: set[int], last_id: str, lost: bool) -> None:
        try:
            frames = self.present(None) if lost else self._read(ids, last_id)
        except QueueAppError as error:
            # The rereader tells of these tasks again once the database is back.
            log.warning("jobs cannot be read", reason=error.message)
            return
        for client in clients:
            for frame in frames:
                client.take(frame)

    def _read(self, ids: set[int], last_id: str) -> list[Frame]:
        with self._runtime.transaction() as session:
            return [self._frame(job, last_id) for job in jobs.get_jobs(session, sorted(ids))]

    def _frame(self, job: Job, event_id: str) -> Frame:
        place = f"id: {event_id}\n" if event_id else ""
        payload = f"{place}data: {self._encode(job)}\n\n".encode()
        return Frame(None, job.task.id, event_id, payload)
