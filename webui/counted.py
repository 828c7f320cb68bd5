"""What the workers have counted, as families for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from queueapp.events.tally import BUCKETS

Sums = Mapping[tuple[str, str, str], float]

#: By label of the sums: name of the counter, and what it counts.
EVENTS = {
    "rescued": ("queueapp_rescued_items", "Items given back because their worker died."),
    "canceled_tasks": ("queueapp_task_cancels", "Tasks canceled by somebody."),
    "canceled_items": ("queueapp_item_cancels", "Single items canceled by somebody."),
}
HISTOGRAMS = {
    "duration": ("queueapp_item_duration_seconds", "How long attempts of items ran, by operation."),
    "pickup": (
        "queueapp_item_pickup_seconds",
        "From when an item was stored, or was due, to its first start, by operation; waits for others included.",
    ),
}


def families(sums: Sums) -> Iterator[Metric]:
    """Give the counters and histograms that the sums make."""
    yield from _items(sums)
    for label, (name, about) in EVENTS.items():
        counter = CounterMetricFamily(name, about)
        counter.add_metric([], sums.get(("events", "", label), 0))
        yield counter
    for kind, (name, about) in HISTOGRAMS.items():
        yield _histogram(sums, kind, name, about)


def _items(sums: Sums) -> Iterator[Metric]:
    about = "Attempts that ended, by operation and how: an end, retry, or released (given back unused)."
    ended = CounterMetricFamily("queueapp_items_processed", about, labels=["operation", "status"])
    retries = CounterMetricFamily(
        "queueapp_item_retries", "Items put off to be tried again.", labels=["operation"]
    )
    for (kind, operation, label), amount in sorted(sums.items()):
        if kind == "items":
            ended.add_metric([operation, label], amount)
            if label == "retry":
                retries.add_metric([operation], amount)
    yield ended
    yield retries


def _histogram(sums: Sums, kind: str, name: str, about: str) -> Metric:
    family = HistogramMetricFamily(name, about, labels=["operation"])
    for operation in sorted({operation for found, operation, _ in sums if found == kind}):
        buckets, reached = [], 0.0
        for place, bound in enumerate((*BUCKETS, "+Inf")):
            reached += sums.get((kind, operation, str(place)), 0)
            buckets.append((str(bound), reached))
        family.add_metric([operation], buckets, sums.get((kind, operation, "sum"), 0))
    return family
