"""CPU time of this process and of the PostgreSQL processes that serve it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from queueapp import db


@contextmanager
def meter(database_url: str) -> Iterator[Callable[[], float]]:
    """Yield a clock of milliseconds spent by this process and by every backend open by then.

    Where /proc does not tell, only this process is counted.
    """
    with db.connect(database_url) as conn:
        conn.autocommit = True

        def backends() -> list[int]:
            query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            return [int(row[0]) for row in conn.execute(query).fetchall()]

        pids = backends()
        yield lambda: time.process_time() * 1000 + sum(map(_cpu_ms, pids))


def _cpu_ms(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e6
    except (OSError, ValueError):
        return 0.0
