"""One turn of one system: open the streams, let items finish, ask the API meanwhile, and note what it took."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass

import psutil

from benchmarks.sse.requests import Requests
from benchmarks.sse.servers import Served, listening
from benchmarks.statistics import percentile
from queueapp.ledger import reads
from queueapp.runtime import Runtime
from queueapp.services import cancel, enqueue
from queueapp.services.enqueue import NewTask

#: eight threads that sleep as long finish 200 items a second, less what each item costs
NAP_SECONDS = 0.038
ITEMS_A_SECOND = 200
#: seconds for which everything runs before it is measured
WARM_SECONDS = 3.0


@dataclass(frozen=True)
class Figures:
    """What one turn gave; ages from the event's entry in Redis to its last client."""

    items_per_second: float
    events_per_client_second: float
    event_p50_ms: float
    event_p99_ms: float
    event_max_ms: float
    api_p50_ms: float
    api_p99_ms: float
    kilobytes_per_client: float
    web_cpu_share: float
    web_cpu_us_per_event: float
    listener_cpu_share: float
    lost_streams: int
    failed_requests: int


def measure(runtime: Runtime, served: Served, key: str, clients: int, seconds: float) -> Figures:
    """Measure a web process for so many seconds."""
    before = served.worker.memory_full_info().uss
    with listening(served.port, key, clients) as listeners:
        grown = served.worker.memory_full_info().uss - before
        task_id = _let_items_finish(runtime, seconds)
        time.sleep(WARM_SECONDS)
        requests = Requests(served.port, key)
        requests.start()
        _tell(listeners, "begin")
        spent, done, began = _cpu(served.worker), _done(runtime, task_id), time.monotonic()
        time.sleep(seconds)
        took, spent = time.monotonic() - began, _cpu(served.worker) - spent
        done = _done(runtime, task_id) - done
        heard = json.loads(_tell(listeners, "end") or "{}")
        requests.stop()
        cancel.cancel_task(runtime, task_id, "benchmark")
    return Figures(
        items_per_second=done / took,
        events_per_client_second=heard["events"] / clients / took,
        event_p50_ms=heard["p50_ms"],
        event_p99_ms=heard["p99_ms"],
        event_max_ms=heard["max_ms"],
        api_p50_ms=percentile(requests.milliseconds, 50),
        api_p99_ms=percentile(requests.milliseconds, 99),
        kilobytes_per_client=grown / 1024 / clients,
        web_cpu_share=spent / took,
        web_cpu_us_per_event=spent / max(heard["events"], 1) * 1e6,
        listener_cpu_share=heard["cpu_seconds"] / took,
        lost_streams=heard["ended"],
        failed_requests=requests.failed,
    )


def _let_items_finish(runtime: Runtime, seconds: float) -> int:
    count = int(ITEMS_A_SECOND * (seconds + WARM_SECONDS + 60))
    new = NewTask(type="sleep", items=[{"seconds": NAP_SECONDS}] * count, created_by="benchmark")
    return enqueue.create_task(runtime, new).task_id


def _done(runtime: Runtime, task_id: int) -> int:
    with runtime.transaction() as session:
        return reads.get_task(session, task_id).completed_items


def _tell(listeners: subprocess.Popen[str], word: str) -> str:
    assert listeners.stdin is not None
    assert listeners.stdout is not None
    listeners.stdin.write(f"{word}\n")
    listeners.stdin.flush()
    return listeners.stdout.readline() if word == "end" else ""


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
