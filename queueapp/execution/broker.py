"""Teaches a Dramatiq broker to take our lanes' messages from the fetcher, which has claimed their items."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import MiddlewareError
from dramatiq.worker import Worker

from queueapp import errors
from queueapp.execution import harmless as harmless  # registers the operations that are always there
from queueapp.execution.isolated import nursery
from queueapp.execution.process import WorkerProcess
from queueapp.execution.side_work import Work
from queueapp.operations import REGISTRY, Registry
from queueapp.priorities import LANES
from queueapp.runtime import Runtime

log = structlog.get_logger(__name__)

#: Switch off, for our actors, what a broker's stock middleware does: the ledger has its own retries and limits.
STOCK_OFF: dict[str, Any] = {
    "max_age": None,
    "max_retries": 0,
    "notify_shutdown": False,
    "store_results": False,
    "time_limit": float("inf"),
}


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


class QueueMiddleware(dramatiq.Middleware):
    """Lets the workers of a Redis broker run the registered operations beside the broker's own actors.

    A worker process declares the lanes and an actor for each operation when it boots, so operations may be
    registered before or after this is added. Other queues keep Dramatiq's own consumer. Nothing connects before.
    """

    def __init__(
        self,
        make_runtime: Callable[[], Runtime],
        registry: Registry = REGISTRY,
        side_work: Sequence[Work] = (),
    ) -> None:
        """`side_work` goes on in a thread of its own in each worker process, for as long as that takes items."""
        self._make_runtime = make_runtime
        self._side_work = side_work
        self._registry = registry
        self._runtime: Runtime | None = None
        self._process: WorkerProcess | None = None
        self._declared = False

    def before_enqueue(
        self, broker: dramatiq.Broker, message: dramatiq.Message[Any], delay: int | None
    ) -> None:
        """Refuse messages into our lanes: one without its item in the ledger would be dropped."""
        if message.queue_name in LANES:
            raise MiddlewareError(
                f"the queue {message.queue_name!r} is one of queueapp's lanes: create a task with "
                "queueapp.services.enqueue, or give your own actor another queue"
            )

    def before_worker_boot(self, broker: dramatiq.Broker, worker: Worker) -> None:
        """Start the engine before the first consumer asks for messages."""
        served = worker.consumer_whitelist or LANES
        lanes = [lane for lane in LANES if lane in served]
        if not lanes:
            return  # a worker of the broker's other queues
        try:
            if not isinstance(broker, RedisBroker):
                raise errors.ConfigError("QueueMiddleware needs a RedisBroker")
            self._declare(broker)
            self._start(broker, lanes, worker)
        except Exception as error:
            # Dramatiq would log it and go on with a worker that never gets a message.
            expected = isinstance(error, errors.QueueAppError)
            log.critical("the worker cannot start", reason=str(error), exc_info=not expected)
            raise SystemExit(5 if expected else 1) from error

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Worker) -> None:
        """Take nothing more; running items have the grace to finish."""
        if self._process is not None and self._runtime is not None:
            self._process.drain(self._runtime.settings.worker.grace_seconds)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: Worker) -> None:
        """Write the last outcomes."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._runtime is not None:
            self._runtime.close()

    def _declare(self, broker: RedisBroker) -> None:
        if self._declared:
            return
        taken = broker.get_declared_queues().intersection(LANES)
        if taken:
            raise errors.ConfigError(f"queues of your own have names of queueapp's lanes: {sorted(taken)}")
        taken = broker.get_declared_actors().intersection(self._registry.names())
        if taken:
            raise errors.ConfigError(f"actors of your own have names of operations: {sorted(taken)}")
        for lane in LANES:
            _declare_lane(broker, lane)
        options = {name: value for name, value in STOCK_OFF.items() if name in broker.actor_options}
        for name in self._registry.names():
            dramatiq.actor(actor_name=name, queue_name=LANES[2], broker=broker, **options)(self._performer())
        self._declared = True

    def _performer(self) -> Callable[[list[int]], None]:
        def perform(item_ids: list[int]) -> None:
            assert self._process is not None
            self._process.runner.run_message(item_ids)

        return perform

    def _start(self, broker: RedisBroker, lanes: Sequence[str], worker: Worker) -> None:
        # First of all: it forks, and this process has no other thread yet.
        forks = nursery.start(self._make_runtime) if any(one.isolated for one in self._registry) else None
        self._runtime = self._make_runtime()
        self._process = WorkerProcess(
            self._runtime,
            broker.broker_id,
            lanes,
            worker.worker_threads,
            lambda: (*worker.workers, *worker.consumers.values()),
            forks,
            self._side_work,
        )
        self._consume(broker, self._process)
        self._process.start()

    def _consume(self, broker: RedisBroker, process: WorkerProcess) -> None:
        # Dramatiq has no hook for the consumer of one queue.
        stock = type(broker).consume

        def consume(queue_name: str, prefetch: int = 1, timeout: int = 5000) -> dramatiq.Consumer:
            if queue_name in LANES:
                return LaneConsumer(process, queue_name, timeout)
            return stock(broker, queue_name, prefetch, timeout)

        broker.consume = consume  # type: ignore[method-assign]


def _declare_lane(broker: RedisBroker, lane: str) -> None:
    """Declare a queue without the queue of delayed messages that nothing here uses."""
    broker.emit_before("declare_queue", lane)
    broker.queues.add(lane)
    broker.emit_after("declare_queue", lane)


def install(
    registry: Registry, make_runtime: Callable[[], Runtime], side_work: Sequence[Work] = ()
) -> RedisBroker:
    """Make a broker of nothing but operations and let the `dramatiq` command find it."""
    broker = RedisBroker(middleware=[QueueMiddleware(make_runtime, registry, side_work)])  # type: ignore[no-untyped-call]
    dramatiq.set_broker(broker)
    return broker
