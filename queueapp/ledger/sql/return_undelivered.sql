-- Make items ready again that were dispatched but that nobody claimed and Redis does not hold.
WITH returned AS (
    UPDATE queue_items SET stage = 2, dispatched_at = NULL
    WHERE id = ANY(%(ids)s) AND stage + 0 = 3 AND worker_id IS NULL
    RETURNING id, lane
), unlocked AS (
    DELETE FROM queue_concurrency_locks l USING returned r WHERE l.item_id = r.id
)
SELECT lane, count(*) FROM returned GROUP BY lane
