"""Dramatiq's Redis broker, taught to take its messages from the fetcher, which has claimed their items."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from typing import Any

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.worker import Worker

from queueapp import errors
from queueapp.execution.process import WorkerProcess
from queueapp.operations import Registry
from queueapp.priorities import LANES
from queueapp.runtime import Runtime

log = structlog.get_logger(__name__)


class LaneConsumer(dramatiq.Consumer):
    """Gives one lane's messages to Dramatiq. Acknowledging is the writer's, after the commit."""

    def __init__(self, process: WorkerProcess, lane: str, timeout_ms: int) -> None:
        self._process = process
        self._lane = process.fetcher.lanes[lane]
        self._timeout_seconds = timeout_ms / 1000

    def __next__(self) -> dramatiq.MessageProxy | None:
        """Return the next message, or None after the idle timeout."""
        try:
            return dramatiq.MessageProxy(self._lane.get(timeout=self._timeout_seconds))
        except queue.Empty:
            return None

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Note that a thread is free again."""
        self._process.fetcher.release()

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """Note that a thread is free again; outcomes, failed ones too, are in the ledger."""
        self._process.fetcher.release()

    def requeue(self, messages: Iterable[dramatiq.MessageProxy]) -> None:
        """Do nothing: items that were never started have been given back by the drain."""


class EngineMiddleware(dramatiq.Middleware):
    """Builds, starts and stops the engine with a Dramatiq worker process."""

    def __init__(self, make_runtime: Callable[[], Runtime]) -> None:
        self._make_runtime = make_runtime
        self._runtime: Runtime | None = None

    def before_worker_boot(self, broker: dramatiq.Broker, worker: Worker) -> None:
        """Start the engine before the first consumer asks for messages."""
        assert isinstance(broker, QueueBroker)
        try:
            self._runtime = self._make_runtime()
            self._start(broker, worker)
        except Exception as error:
            # Dramatiq would log it and go on with a worker that never gets a message.
            expected = isinstance(error, errors.QueueAppError)
            log.critical("the worker cannot start", reason=str(error), exc_info=not expected)
            raise SystemExit(5 if expected else 1) from error

    def _start(self, broker: QueueBroker, worker: Worker) -> None:
        assert self._runtime is not None
        broker.connect(self._runtime)
        lanes = [lane for lane in LANES if not worker.consumer_whitelist or lane in worker.consumer_whitelist]
        broker.process = WorkerProcess(self._runtime, broker.broker_id, lanes, worker.worker_threads)
        broker.process.start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Worker) -> None:
        """Take nothing more; running items have the grace to finish."""
        assert isinstance(broker, QueueBroker)
        if broker.process is not None and self._runtime is not None:
            broker.process.drain(self._runtime.settings.worker.grace_seconds)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: Worker) -> None:
        """Write the last outcomes."""
        assert isinstance(broker, QueueBroker)
        if broker.process is not None:
            broker.process.stop()
            broker.process = None
        if self._runtime is not None:
            self._runtime.close()


class QueueBroker(RedisBroker):
    """The broker of a worker process. Dramatiq's retries, delays and time limits stay unused: the ledger has its own.

    It is declared when the actors are imported and reaches for Redis only when a worker boots.
    """

    def __init__(self, make_runtime: Callable[[], Runtime]) -> None:
        super().__init__(middleware=[EngineMiddleware(make_runtime)])  # type: ignore[no-untyped-call]
        self.process: WorkerProcess | None = None

    def connect(self, runtime: Runtime) -> None:
        """Use the Redis of a runtime."""
        self.client = runtime.redis
        self.scripts = {name: self.client.register_script(one.script) for name, one in self.scripts.items()}

    def declare_queue(self, queue_name: str) -> None:
        """Declare a lane, without the queue of delayed messages that nothing here uses."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> dramatiq.Consumer:
        """Return the consumer of a lane."""
        assert self.process is not None
        return LaneConsumer(self.process, queue_name, timeout)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Refuse: a message without its item in the ledger would be dropped."""
        raise TypeError("create a task with queueapp.services.enqueue instead of sending a message")


def declare_actors(broker: QueueBroker, names: Iterable[str]) -> None:
    """Declare the lanes, and for each operation an actor that runs a message's items."""
    for lane in LANES:
        broker.declare_queue(lane)
    for name in names:
        dramatiq.actor(actor_name=name, queue_name=LANES[2], broker=broker)(_performer(broker))


def _performer(broker: QueueBroker) -> Callable[[list[int]], Any]:
    def perform(item_ids: list[int]) -> None:
        assert broker.process is not None
        broker.process.runner.run_message(item_ids)

    return perform


def install(registry: Registry, make_runtime: Callable[[], Runtime]) -> QueueBroker:
    """Make the broker for the operations registered so far and let the `dramatiq` command find it."""
    broker = QueueBroker(make_runtime)
    declare_actors(broker, registry.names())
    dramatiq.set_broker(broker)
    return broker
