"""The faults, one at a time, at random moments; each undoes itself."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import psutil
import redis
import sqlalchemy as sa

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.services import cancel, control, pause
from tests.acceptance.instances import Instance

#: Seconds between two faults.
CALM_SECONDS = (2.0, 8.0)
#: Seconds for which a worker is stopped: sometimes less than its lease, sometimes more.
STOPPED_SECONDS = (3.0, 20.0)


class Faults:
    """What may befall an instance."""

    def __init__(self, instance: Instance, runtime: Runtime, chance: random.Random) -> None:
        self._instance = instance
        self._runtime = runtime
        self._chance = chance
        self.done: Counter[str] = Counter()
        self._kinds: dict[str, Callable[[], None]] = {
            "kill -9 of a worker": lambda: self._signal_worker(signal.SIGKILL),
            "SIGTERM to a worker": lambda: self._signal_worker(signal.SIGTERM),
            "SIGSTOP, later SIGCONT of a worker": self._stop_worker,
            "kill -9 of the web process": lambda: self._kill_service("web"),
            "kill -9 of the scheduler": lambda: self._kill_service("scheduler"),
            "FLUSHALL of Redis": lambda: self._runtime.redis.flushall() and None,
            "kill -9 of Redis, started again": lambda: self._signal_server("redis-server", signal.SIGKILL),
            "stop of PostgreSQL, started again": lambda: self._signal_server("postgres", signal.SIGINT),
            "kill -9 of PostgreSQL, started again": lambda: self._signal_server("postgres", signal.SIGKILL),
            "cancel of a task": self._cancel,
            "pause and resume of everything": self._pause_everything,
            "pause and resume of a task": self._pause_task,
        }

    def run_until(self, deadline: float, each: Callable[[], None]) -> None:
        """Do one after another until a moment of the monotonic clock; `each` is called between them."""
        while time.monotonic() < deadline:
            time.sleep(self._chance.uniform(*CALM_SECONDS))
            each()
            kind = self._chance.choice(list(self._kinds))
            try:
                self._kinds[kind]()
                self.done[kind] += 1
            except (errors.QueueAppError, redis.RedisError, psutil.Error, ProcessLookupError, KeyError):
                self.done["(came to nothing, what it needs was away itself)"] += 1

    def _signal_worker(self, number: signal.Signals) -> None:
        os.kill(self._some_worker(), number)

    def _some_worker(self) -> int:
        with self._runtime.transaction() as session:
            pids = (
                session.execute(sa.text("SELECT pid FROM queue_workers WHERE state = 'running'"))
                .scalars()
                .all()
            )
        alive = [pid for pid in pids if psutil.pid_exists(pid)]
        if not alive:
            raise errors.NotFound("no worker")
        return self._chance.choice(alive)

    def _stop_worker(self) -> None:
        pid = self._some_worker()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self._chance.uniform(*STOPPED_SECONDS))
        os.kill(pid, signal.SIGCONT)

    def _kill_service(self, name: str) -> None:
        os.kill(self._instance.supervised()[name], signal.SIGKILL)

    def _signal_server(self, program: str, number: signal.Signals) -> None:
        assert self._instance.process
        ours = psutil.Process(self._instance.process.pid).children()
        server = next((one for one in ours if program in " ".join(one.cmdline())), None)
        if server is None:
            raise errors.NotFound(f"no {program}")
        server.send_signal(number)

    def _some_task(self) -> int:
        with self._runtime.transaction() as session:
            ids = (
                session.execute(sa.text("SELECT id FROM queue_tasks WHERE finished_at IS NULL"))
                .scalars()
                .all()
            )
        if not ids:
            raise errors.NotFound("no task")
        return self._chance.choice(list(ids))

    def _cancel(self) -> None:
        cancel.cancel_task(self._runtime, self._some_task(), "soak")

    def _pause_everything(self) -> None:
        control.pause(self._runtime, None, "soak")
        time.sleep(self._chance.uniform(0.5, 3.0))
        self._surely(lambda: control.resume(self._runtime, None))

    def _pause_task(self) -> None:
        task_id = self._some_task()
        pause.pause_task(self._runtime, task_id, "soak")
        time.sleep(self._chance.uniform(0.5, 3.0))
        with contextlib.suppress(errors.WrongStatus):
            self._surely(lambda: pause.resume_task(self._runtime, task_id, "soak"))

    @staticmethod
    def _surely(act: Callable[[], object]) -> None:
        while True:
            try:
                act()
            except (errors.DatabaseUnavailable, redis.RedisError):
                time.sleep(0.5)
            else:
                return
