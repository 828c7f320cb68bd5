"""The facts of the machine without which figures mean nothing."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.services import Services


def facts(services: Services) -> dict[str, str]:
    """What the figures were taken on; names no host and no path."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{_processor()}, {os.cpu_count()} cores seen",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "PostgreSQL": f"{services.postgres_version}, synchronous_commit on",
        "Redis": f"{services.redis_version}, append-only file on",
        "packages": ", ".join(f"{name} {version(name)}" for name in ("dramatiq", "psycopg", "redis")),
        "load before": f"{os.getloadavg()[0]:.1f} (1 minute)",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
