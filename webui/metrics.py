"""GET /metrics: figures for Prometheus, read from PostgreSQL and Redis at each scrape, so right for all processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import redis
from flask import Blueprint, Flask, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from queueapp import db
from queueapp.connectors import circuit, fanarttv, tmdb
from queueapp.dispatch import messages
from queueapp.events import streams, tally
from queueapp.ledger import figures, pauses, reads, repairs
from queueapp.ledger.pauses import EVERYTHING
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from webui import counted
from webui.context import runtime
from webui.events.live import live
from webui.security import requires
from webui.status import WORKER_SEEN_SECONDS

#: Providers that are shown as working while nothing is known against them.
PROVIDERS = (tmdb.NAME, fanarttv.NAME)

Sample = tuple[tuple[str, ...], float]

blueprint = Blueprint("metrics", __name__)


def register(app: Flask) -> None:
    """Add the route."""
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
@requires("viewer")
def metrics() -> Response:
    """The figures of now in Prometheus' text format; those of Redis are missing while it is away."""
    registry = CollectorRegistry()
    registry.register(Scrape([*_of_ledger(runtime()), *_of_redis(runtime())]))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@dataclass(frozen=True, eq=False)
class Scrape(Collector):
    """What one scrape found."""

    found: list[Metric]

    def collect(self) -> Iterable[Metric]:
        """Give the metrics."""
        return self.found


def _of_ledger(wired: Runtime) -> Iterator[Metric]:
    with wired.transaction() as session:
        conn = db.raw(session)
        figures.be_bounded(conn)
        yield _gauge("queueapp_tasks", "Tasks stored.", ["status"], _plain(reads.counts_by_status(session)))
        yield from _recent(figures.recent_tasks(conn))
        flying = [((one.operation, one.state), one.items) for one in figures.in_flight(conn)]
        yield _gauge(
            "queueapp_items_in_flight", "Items handed to Redis, and running.", ["operation", "state"], flying
        )
        ready = figures.ready_by_lane(conn, len(LANES))
        waiting = figures.unfinished_items(conn)
        about = "Items not over, by operation and status; those that wait and are ready each counted up to a bound."
        yield _gauge(
            "queueapp_items",
            about,
            ["operation", "status"],
            (((one.operation, one.state), one.items) for one in waiting),
        )
        about = f"Ready items that are not dispatched yet, counted up to {figures.MOST_COUNTED}."
        yield _gauge("queueapp_ready_items", about, ["lane"], _by_lane(ready))
        oldest = figures.oldest_ready_seconds(conn, len(LANES), wired.registry.names())
        about = "Seconds for which the first ready item of the lane's oldest task waits."
        yield _gauge("queueapp_oldest_ready_age_seconds", about, ["lane"], _by_lane(oldest))
        yield from _workers(figures.workers(conn, WORKER_SEEN_SECONDS))
        yield _paused({one.scope for one in pauses.list_pauses(conn)}, wired)
        yield from _repairs(repairs.last_repair(conn))


def _recent(found: list[figures.TypeFigures]) -> Iterator[Metric]:
    which = "active now or ended within 24 hours"
    tasks = [((one.type, one.status), one.tasks) for one in found]
    yield _gauge("queueapp_recent_tasks", f"Tasks {which}.", ["type", "status"], tasks)
    sums: dict[tuple[str, ...], float] = {}
    for one in found:
        for status, count in one.items_by_status().items():
            sums[one.type, status] = sums.get((one.type, status), 0) + count
    about = f"Items of the tasks {which}, by the type of the task and the status of the item."
    yield _gauge("queueapp_recent_task_items", about, ["task_type", "status"], sums.items())


def _workers(found: list[figures.Workers]) -> Iterator[Metric]:
    alive = f"that beat within {WORKER_SEEN_SECONDS} s"
    counts = [((one.state,), one.workers) for one in found]
    yield _gauge("queueapp_workers", f"Worker processes {alive}.", ["state"], counts)
    threads = [((one.state,), one.threads) for one in found]
    yield _gauge("queueapp_worker_threads", f"Threads of the workers {alive}.", ["state"], threads)
    about = "Processes of isolated items that not even a kill has ended."
    yield _gauge("queueapp_abandoned_processes", about, [], [((), sum(one.abandoned for one in found))])


def _paused(scopes: set[str], wired: Runtime) -> Metric:
    known = sorted({EVERYTHING, *wired.registry.names(), *scopes})
    flags = [((scope,), float(scope in scopes)) for scope in known]
    return _gauge("queueapp_paused", "1: paused; scope * is everything.", ["scope"], flags)


def _repairs(last: repairs.Repair | None) -> Iterator[Metric]:
    relayed = CounterMetricFamily(
        "queueapp_relayed_items", "Items handed out again because Redis had lost them."
    )
    relayed.add_metric([], last.total if last else 0)
    yield relayed
    at = last.at.timestamp() if last else 0
    about = "When items were last handed out again; 0: never."
    yield _gauge("queueapp_last_repair_timestamp_seconds", about, [], [((), at)])


def _of_redis(wired: Runtime) -> Iterator[Metric]:
    found: list[Metric] = []
    try:
        found += [_messages(wired.redis), _circuits(circuit.open_circuits(wired.redis))]
        found += [*counted.families(tally.read(wired.redis)), *_streams(streams.others(wired.redis))]
    except redis.RedisError:
        found.clear()
    yield _gauge("queueapp_redis_up", "1: Redis answers.", [], [((), float(bool(found)))])
    yield from found


def _messages(client: redis.Redis) -> Metric:
    pipe = client.pipeline(transaction=True)
    for lane in LANES:
        pipe.llen(messages.queue_key(lane))
        pipe.hlen(messages.bodies_key(lane))
    answers: list[Any] = pipe.execute()
    samples: list[Sample] = []
    for lane, waiting, held in zip(LANES, answers[::2], answers[1::2], strict=True):
        samples += [((lane, "waiting"), waiting), ((lane, "fetched"), max(held - waiting, 0))]
    about = "Messages in Redis: waiting for a worker, or fetched by one and not acknowledged yet."
    return _gauge("queueapp_messages", about, ["lane", "state"], samples)


def _circuits(views: list[circuit.CircuitView]) -> Metric:
    opened = {(view.name, view.kind) for view in views}
    known = {(name, kind) for name in PROVIDERS for kind in ("failing", "credentials")} | opened
    flags = [(pair, float(pair in opened)) for pair in sorted(known)]
    about = "1: the provider is left alone, because it keeps failing or refuses our credentials."
    return _gauge("queueapp_circuit_open", about, ["provider", "reason"], flags)


def _streams(others: int) -> Iterator[Metric]:
    mine = live().hub.client_count()
    yield _gauge(
        "queueapp_sse_clients", "Event streams that all web processes serve.", [], [((), mine + others)]
    )
    about = "Event streams that the web process answering this scrape serves."
    yield _gauge("queueapp_sse_clients_of_this_process", about, [], [((), mine)])


def _plain(counts: dict[str, int]) -> list[Sample]:
    return [((name,), count) for name, count in counts.items()]


def _by_lane(values: dict[int, Any]) -> list[Sample]:
    return [((lane,), values.get(number, 0)) for number, lane in enumerate(LANES)]


def _gauge(
    name: str, about: str, labels: list[str], samples: Iterable[tuple[tuple[str, ...], float]]
) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family
