-- Give fetched items back to the backlog whose task or operation is paused.
-- `stage + 0`: by the ids, not by the partial index of all items in flight.
WITH returned AS (
    UPDATE queue_items i SET stage = 2, dispatched_at = NULL
    FROM queue_tasks t
    WHERE i.id = ANY(%(ids)s::bigint[]) AND i.stage + 0 = 3 AND i.worker_id IS NULL
        AND t.id = i.task_id AND t.status IN ('queued', 'running')
        AND (t.paused_at IS NOT NULL OR EXISTS (SELECT FROM queue_pauses p WHERE p.scope IN ('*', i.type)))
    RETURNING i.id
)
DELETE FROM queue_concurrency_locks l USING returned r WHERE l.item_id = r.id
