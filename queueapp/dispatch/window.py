"""Keeps a bounded window of each lane's backlog in Redis: enough to feed every thread, never the backlog itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import redis
import structlog
from redis.client import Pipeline

from queueapp.dispatch import messages
from queueapp.events import keys
from queueapp.events.kinds import Event
from queueapp.events.publish import append
from queueapp.ledger.dispatchable import Dispatched, dispatch_limited, dispatch_ready, ready_types
from queueapp.ledger.items import Conn
from queueapp.operations import Limits
from queueapp.priorities import LANES

log = structlog.get_logger(__name__)

#: Messages a lane holds in Redis at most.
WINDOW = 128
#: A lane is refilled once it holds fewer than this.
LOW_WATER = 96
#: Items a message carries at most.
MAX_CHUNK = 50
#: Messages over which a few quick items are spread, since several threads may be idle.
SPREAD = 8
#: An operation whose items take less travels several to a message.
QUICK_MS = 8.0
#: An operation whose items take longer gets a quarter of the window.
SLOW_MS = 50.0
#: Seconds for which a look at a lane serves, with what has been sent since counted on top.
SEEN_SECONDS = 0.02
#: Seconds for which a lane that was full is not looked at again; workers empty a quarter of it in more.
FULL_SECONDS = 0.008
#: Seconds for which Redis is left alone after it could not be reached.
REST_SECONDS = 1.0


def chunk_size(pace_ms: float | None) -> int:
    """Return how many items of an operation travel in one message, by what its items took lately."""
    if pace_ms is None or pace_ms > QUICK_MS:
        return 1
    return max(1, min(MAX_CHUNK, int(20.0 / max(pace_ms, 0.01))))


def cost(pace_ms: float | None) -> float:
    """Return the part of the window that one item of an operation takes, in messages."""
    if pace_ms is None or pace_ms > SLOW_MS:
        return 4.0
    return 1.0 / chunk_size(pace_ms)


class Window:
    """Fills lanes for one process; any number of processes may do so at once."""

    def __init__(
        self,
        client: redis.Redis,
        operations: Callable[[], Iterable[str]],
        limits: Callable[[], Mapping[str, Limits]] = dict,
    ) -> None:
        """`operations` names those this process knows; others are left to processes that do."""
        self._redis = client
        self._operations = operations
        self._limits = limits
        self._rest_until = 0.0
        self._floors: dict[int, dict[str, tuple[int, int]]] = {}
        self._seen: dict[int, tuple[float, int, dict[str, float]]] = {}
        self._full_until: dict[int, float] = {}

    def fill(self, conn: Conn, lanes: Iterable[int], *, going_on: bool = False) -> set[int]:
        """Hand the next items of these lanes to Redis; return the lanes that may have more.

        With `going_on` it starts where the last fill ended, which is quick, and may miss what has become ready
        before that place since; every worker also looks at all of it each second. Without Redis nothing is
        handed out, and all of them may have more.
        """
        more = self._full() if going_on else set()
        wanted = sorted(set(lanes) - more)
        more &= set(lanes)
        if not wanted:
            return more
        state = self._look(wanted)
        if state is None:
            return set(lanes)
        lengths, pace = state
        limits = self._limits()
        costs = {name: cost(pace.get(name)) for name in self._operations() if name not in limits}
        for lane in wanted:
            room = WINDOW - lengths[lane]
            if lengths[lane] >= LOW_WATER:
                self._full_until[lane] = time.monotonic() + FULL_SECONDS
                more.add(lane)
                continue
            ready = ready_types(conn, lane, list(limits)) if limits else []
            chosen = [one for name in ready for one in dispatch_limited(conn, lane, name, limits[name])]
            chosen += self._choose(conn, lane, room, costs, going_on=going_on)
            if chosen or ready:
                more.add(lane)
            self._refill(LANES[lane], chosen, pace)
        return more

    def _full(self) -> set[int]:
        """The lanes that were full a moment ago."""
        now = time.monotonic()
        return {lane for lane, until in self._full_until.items() if until > now}

    def _choose(
        self, conn: Conn, lane: int, room: float, costs: dict[str, float], *, going_on: bool
    ) -> list[Dispatched]:
        floors = self._floors.get(lane) if going_on else None
        chosen = dispatch_ready(conn, lane, room, costs, floors)
        if not chosen and floors:
            chosen = dispatch_ready(conn, lane, room, costs)
        self._floors[lane] = floors_behind(chosen)
        return chosen

    def admit(self, lane: int, operations: Sequence[str]) -> bool:
        """Return whether items of these operations, few of them, may be stored as handed out at once.

        So they may while the lane holds little; what they would overtake is still in the database.
        """
        seen_at, length, pace = self._seen.get(lane, (0.0, 0, {}))
        if time.monotonic() - seen_at > SEEN_SECONDS:
            state = self._look([lane])
            if state is None:
                return False
            length, pace = state[0][lane], state[1]
            seen_at = time.monotonic()
        length += len(operations)
        self._seen[lane] = (seen_at, length, pace)
        return length + sum(cost(pace.get(name)) for name in operations) < LOW_WATER

    def send(self, lane: int, chosen: Sequence[Dispatched], events: Iterable[Event]) -> bool:
        """Push items that have been stored as handed out and tell of events, in one round trip.

        Returns whether the lane may be filled: it holds little, and Redis can be reached.
        """
        if time.monotonic() < self._rest_until:
            return False
        try:
            pipe = self._redis.pipeline(transaction=False)
            _push(pipe, LANES[lane], chosen, {}, more=False)
            append(pipe, events)
            pipe.llen(messages.queue_key(LANES[lane]))
            return int(pipe.execute()[-1]) < LOW_WATER
        except redis.RedisError as error:
            self._rest(error)
            return False

    def _look(self, lanes: Sequence[int]) -> tuple[dict[int, int], dict[str, float]] | None:
        if time.monotonic() < self._rest_until:
            return None
        try:
            pipe = self._redis.pipeline(transaction=False)
            for lane in lanes:
                pipe.llen(messages.queue_key(LANES[lane]))
            pipe.hgetall(keys.PACE)
            *lengths, pace = pipe.execute()
        except redis.RedisError as error:
            self._rest(error)
            return None
        return dict(zip(lanes, lengths, strict=True)), {k.decode(): float(v) for k, v in pace.items()}

    def _refill(self, lane: str, chosen: Sequence[Dispatched], pace: dict[str, float]) -> None:
        """Send what has been marked, with word that there may be more of it.

        What fails to arrive is found and sent again by the relay.
        """
        try:
            pipe = self._redis.pipeline(transaction=False)
            _push(pipe, lane, chosen, pace, more=True)
            pipe.execute()
        except redis.RedisError as error:
            self._rest(error)

    def _rest(self, error: redis.RedisError) -> None:
        self._rest_until = time.monotonic() + REST_SECONDS
        log.warning("redis cannot be reached, the backlog waits in the database", reason=str(error))


def _push(
    pipe: Pipeline, lane: str, chosen: Sequence[Dispatched], pace: dict[str, float], *, more: bool
) -> None:
    # Bodies before ids: whoever takes an id finds its body, so this needs no transaction of Redis.
    if not chosen:
        return
    encoded: dict[Any, Any] = dict(
        messages.encode(lane, name, ids, more=more) for name, ids in chunks(chosen, pace)
    )
    pipe.hset(messages.bodies_key(lane), mapping=encoded)
    pipe.rpush(messages.queue_key(lane), *encoded)
    pipe.publish(keys.WAKE_CHANNEL + lane, len(encoded))


def floors_behind(chosen: Sequence[Dispatched]) -> dict[str, tuple[int, int]]:
    """Return for each operation the place behind what was chosen of its oldest task; they come in order."""
    floors: dict[str, tuple[int, int]] = {}
    for one in chosen:
        oldest = floors.get(one.type)
        if oldest is None or oldest[0] == one.task_id:
            floors[one.type] = (one.task_id, one.index + 1)
    return floors


def chunks(chosen: Sequence[Dispatched], pace: dict[str, float]) -> list[tuple[str, list[int]]]:
    """Group items into messages of one operation each, in their order.

    A few quick items are spread over several messages, so that several threads take them.
    """
    by_type: dict[str, list[int]] = {}
    for one in chosen:
        by_type.setdefault(one.type, []).append(one.id)
    grouped: list[tuple[str, list[int]]] = []
    for name, ids in by_type.items():
        size = min(chunk_size(pace.get(name)), max(1, len(ids) // SPREAD))
        grouped.extend((name, ids[start : start + size]) for start in range(0, len(ids), size))
    return grouped
