-- Give fetched items back to the backlog whose task or operation is paused.
-- `stage + 0` and the subquery: by the ids, as in claim_items.
WITH returned AS (
    UPDATE queue_items i SET stage = 2, dispatched_at = NULL
    WHERE i.id = ANY(%(ids)s::bigint[]) AND i.stage + 0 = 3 AND i.worker_id IS NULL AND (
        SELECT t.status IN ('queued', 'running') AND (
            t.paused_at IS NOT NULL OR EXISTS (SELECT FROM queue_pauses p WHERE p.scope IN ('*', i.type)))
        FROM queue_tasks t WHERE t.id = i.task_id)
    RETURNING i.id
)
DELETE FROM queue_concurrency_locks l USING returned r WHERE l.item_id = r.id
