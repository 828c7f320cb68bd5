"""What the processes of an instance use over time."""

from __future__ import annotations

import contextlib
import statistics
import time
from dataclasses import dataclass, field

import psutil
import redis

from queueapp.bootstrap import Runtime
from tests.acceptance.instances import Instance

MIB = 2**20
#: A process younger than this has not yet taken what it needs.
GROWN_UP_SECONDS = 20.0


@dataclass
class Memory:
    """Samples, in MiB, by kind of process: seconds since the start, and the largest of the kind."""

    instance: Instance
    runtime: Runtime
    started_at: float = field(default_factory=time.monotonic)
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def sample(self) -> None:
        """Look once."""
        at = time.monotonic() - self.started_at
        seen: dict[str, float] = {}
        for process in self.instance.children():
            with contextlib.suppress(psutil.Error):
                kind = _kind(" ".join(process.cmdline()))
                if kind and time.time() - process.create_time() > GROWN_UP_SECONDS:
                    seen[kind] = max(seen.get(kind, 0.0), process.memory_info().rss / MIB)
        with contextlib.suppress(redis.RedisError):
            seen["Redis, its data"] = self.runtime.redis.info("memory")["used_memory"] / MIB
        for kind, size in seen.items():
            self.samples.setdefault(kind, []).append((at, size))

    def table(self) -> list[str]:
        """Lines in Markdown: the median of the first quarter and of the last one."""
        lines = ["| process | first quarter | last quarter | most |", "| --- | ---: | ---: | ---: |"]
        for kind, found in sorted(self.samples.items()):
            end = found[-1][0]
            first = [size for at, size in found if at <= end / 4] or [found[0][1]]
            last = [size for at, size in found if at >= end * 3 / 4]
            figures = (statistics.median(first), statistics.median(last), max(size for _, size in found))
            lines.append(f"| {kind} | " + " | ".join(f"{one:.1f} MiB" for one in figures) + " |")
        return lines


def _kind(command: str) -> str | None:
    if "dramatiq" in command:
        return "worker"
    if "gunicorn" in command:
        return "web"
    if "scheduler" in command:
        return "scheduler"
    return None
