-- Write `canceled` into rows of a canceled task that were never claimed; the counts already say so.
WITH batch AS (
    SELECT i.id, i.index FROM queue_items i
    WHERE i.task_id = %(task_id)s AND i.index > %(after)s AND i.status = 'queued'
        AND (i.stage < 3 OR (i.stage = 3 AND i.worker_id IS NULL))
    ORDER BY i.index LIMIT %(limit)s
    FOR UPDATE
), settled AS (
    UPDATE queue_items i SET status = 'canceled', stage = 4, finished_at = t.canceled_at
    FROM batch b, queue_tasks t
    WHERE i.id = b.id AND t.id = %(task_id)s AND t.status = 'canceled'
        AND (i.stage < 3 OR (i.stage = 3 AND i.worker_id IS NULL))
    RETURNING i.id, i.index, i.concurrency_key
), unlocked AS (
    DELETE FROM queue_concurrency_locks l USING settled s
    WHERE s.concurrency_key IS NOT NULL AND l.item_id = s.id
)
SELECT count(*), max(index) FROM settled
