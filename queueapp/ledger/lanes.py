"""What stands in the way of items that are ready: Redis, the workers, and whatever is ahead of them in their lane."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from queueapp.ledger import outages, queries
from queueapp.ledger.items import Conn
from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.priorities import LANES
from queueapp.states import Stage

#: An item's turn comes so long after that of the item before it (see dispatch_ready.sql).
TURN = timedelta(milliseconds=50)
#: Seconds without a heartbeat after which a worker does not count as alive.
SEEN_SECONDS = 15.0
#: Of so many tasks with ready items those ahead are counted.
TASKS_SEEN = 200


@dataclass(frozen=True, slots=True)
class _Rows:
    """Ready items of one task and operation, in their order from `first` on."""

    task_id: int
    turn_at: datetime
    first: int
    end: int

    def before(self, turn: datetime) -> int:
        """How many of them have an earlier turn."""
        reached = -((self.turn_at - turn) // TURN)
        return max(min(reached, self.end) - self.first, 0)


class Lanes:
    """The lanes as they are now; each thing is read once, when it is first asked for."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn
        self._ready: dict[int, list[_Rows]] = {}

    def reason(self, item: Item, task: Task) -> str:
        """Return why an item that is ready or handed out does not run."""
        lane = LANES[item.lane]
        if self._redis_away_since is not None:
            return f"Redis unreachable since {self._redis_away_since:%Y-%m-%d %H:%M:%S} UTC"
        if not self._served:
            return "no worker alive"
        if lane not in self._served:
            return f"no worker alive that serves lane {lane}"
        ahead = self._ahead(item, task)
        if ahead == 0:
            return f"next in lane {lane}: starts as soon as a thread is free"
        more = "over " if len(self._ready.get(item.lane, ())) >= TASKS_SEEN else ""
        return f"lane full ({more}{ahead} ahead in {lane})"

    def _ahead(self, item: Item, task: Task) -> int:
        handed_out = self._handed_out.get(item.lane, [])
        if item.stage == Stage.DISPATCHED:
            return bisect_left(handed_out, item.dispatched_at or item.created_at)
        if item.lane not in self._ready:
            self._ready[item.lane] = self._read_ready(item.lane)
        turn = task.turn_at + item.index * TURN
        return len(handed_out) + sum(rows.before(turn) for rows in self._ready[item.lane])

    @cached_property
    def _redis_away_since(self) -> datetime | None:
        return outages.redis_away_since(self._conn)

    @cached_property
    def _served(self) -> set[str]:
        rows = self._conn.execute(
            """
            SELECT DISTINCT jsonb_array_elements_text(lanes) FROM queue_workers
            WHERE state = 'running' AND heartbeat_at > now() - make_interval(secs => %s)
            """,
            (SEEN_SECONDS,),
        )
        return {lane for (lane,) in rows.fetchall()}

    @cached_property
    def _handed_out(self) -> dict[int, list[datetime]]:
        """When each item was handed out that nobody has taken yet, by lane, oldest first."""
        rows = self._conn.execute(
            """
            SELECT lane, array_agg(dispatched_at ORDER BY dispatched_at) FROM queue_items
            WHERE stage = 3 AND worker_id IS NULL GROUP BY lane
            """
        )
        return dict(rows.fetchall())

    def _read_ready(self, lane: int) -> list[_Rows]:
        values = {"lane": lane, "limit": TASKS_SEEN}
        rows = self._conn.execute(queries.load("ready_tasks"), values).fetchall()
        return [_Rows(*row) for row in rows]
