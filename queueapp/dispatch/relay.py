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
        """Return to the backlog what was dispatched a while ago and is not in Redis; return the lanes concerned."""
        waiting = undelivered(conn, TRANSIT_SECONDS)
        lost = {}
        for lane, ids in waiting.items():
            held = self.held(LANES[lane])
            missing = [one for one in ids if one not in held]
            if missing:
                lost[lane] = missing
        return self._return(conn, lost, "redis did not hold them")

    def held(self, lane: str) -> set[int]:
        """Return the ids of all items that messages of a lane carry, waiting or fetched."""
        bodies: Any = self._redis.hvals(messages.bodies_key(lane))
        return {one for body in bodies for one in messages.item_ids_of(body)}

    def _return(self, conn: Conn, by_lane: dict[int, list[int]], reason: str) -> set[int]:
        ids = [one for lost in by_lane.values() for one in lost]
        if not ids:
            return set()
        lanes = return_undelivered(conn, ids)
        if lanes:
            note_repair(conn, sum(lanes.values()), reason)
            log.warning("items are handed out again", count=sum(lanes.values()), reason=reason)
        return set(lanes)
