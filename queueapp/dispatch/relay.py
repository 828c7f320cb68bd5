"""Hands over again what Redis lost: after a flush at once, otherwise whatever Redis no longer holds."""

from __future__ import annotations

from typing import Any

import redis
import structlog
from psycopg.types.json import Jsonb

from queueapp.dispatch import messages
from queueapp.events import subscribe
from queueapp.ledger.dispatchable import return_undelivered, undelivered
from queueapp.ledger.items import Conn
from queueapp.ledger.repairs import note_repair
from queueapp.priorities import LANES

log = structlog.get_logger(__name__)

#: Seconds for which a dispatched item may be on its way before Redis is asked for it.
TRANSIT_SECONDS = 5.0


class Relay:
    """Compares ledger and Redis for one process."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._epoch = ""
        self._strays: dict[str, set[bytes]] = {}

    @property
    def in_doubt(self) -> bool:
        """Whether messages were fetched whose items nobody had claimed yet; the next repair decides."""
        return any(self._strays.values())

    def notice_flush(self, conn: Conn) -> set[int]:
        """Return to the backlog all that is unclaimed when Redis was flushed; return the lanes concerned."""
        seen = subscribe.epoch(self._redis)
        if seen == self._epoch:
            return set()
        row = conn.execute(
            """
            INSERT INTO queue_facts (name, value) VALUES ('redis_epoch', %s)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()
                WHERE queue_facts.value <> excluded.value
            RETURNING 1
            """,
            (Jsonb(seen),),
        ).fetchone()
        self._epoch = seen
        if row is None:
            return set()
        return self._return(conn, undelivered(conn, 0.0), "redis is a new one")

    def repair(self, conn: Conn) -> set[int]:
        """Return to the backlog what was dispatched a while ago and never arrived; return the lanes concerned.

        It is not in Redis, or has been fetched by a process that never got the answer, as two looks show.
        """
        waiting = undelivered(conn, TRANSIT_SECONDS)
        self._strays = {lane: ids for lane, ids in self._strays.items() if LANES.index(lane) in waiting}
        lost = {}
        for lane, ids in waiting.items():
            arriving = self._arriving(LANES[lane], set(ids))
            missing = [one for one in ids if one not in arriving]
            if missing:
                lost[lane] = missing
        return self._return(conn, lost, "redis did not hold them")

    def _arriving(self, lane: str, waiting: set[int]) -> set[int]:
        """Return which of these unclaimed items are on their way: their message waits, or was fetched just now."""
        pipe = self._redis.pipeline()
        pipe.lrange(messages.queue_key(lane), 0, -1)
        pipe.hgetall(messages.bodies_key(lane))
        queued, bodies = pipe.execute()
        carried = {redis_id: messages.item_ids_of(body) for redis_id, body in bodies.items()}
        fetched = {one for one in carried.keys() - set(queued) if not waiting.isdisjoint(carried[one])}
        astray = fetched & self._strays.get(lane, set())
        self._strays[lane] = fetched - astray
        self._throw_away(lane, astray)
        return {one for redis_id, ids in carried.items() if redis_id not in astray for one in ids}

    def _throw_away(self, lane: str, astray: set[bytes]) -> None:
        """Forget messages whose fetch went astray; should one turn up after all, its items are claimed or refused."""
        if not astray:
            return
        processes: Any = self._redis.zrange(messages.HEARTBEATS, 0, -1)
        pipe = self._redis.pipeline()
        pipe.hdel(messages.bodies_key(lane), *astray)
        for broker_id in processes:
            pipe.srem(messages.acks_key(broker_id.decode(), lane), *astray)
        pipe.execute()

    def _return(self, conn: Conn, by_lane: dict[int, list[int]], reason: str) -> set[int]:
        ids = [one for lost in by_lane.values() for one in lost]
        if not ids:
            return set()
        lanes = return_undelivered(conn, ids)
        if lanes:
            note_repair(conn, sum(lanes.values()), reason)
            log.warning("items are handed out again", count=sum(lanes.values()), reason=reason)
        return set(lanes)
