-- Claim fetched items for one worker, and give back to the backlog those whose task or operation is paused.
-- `stage + 0`: by the ids, not by the partial index of all items in flight.
WITH known AS MATERIALIZED (
    SELECT i.id, i.type, i.task_id, t.paused_at IS NOT NULL OR EXISTS (
        SELECT FROM queue_pauses p WHERE p.scope IN ('*', i.type)
    ) AS paused
    FROM queue_items i JOIN queue_tasks t ON t.id = i.task_id
    WHERE i.id = ANY(%(ids)s) AND i.stage + 0 = 3 AND i.worker_id IS NULL AND t.status IN ('queued', 'running')
), returned AS (
    UPDATE queue_items i SET stage = 2, dispatched_at = NULL
    FROM known k WHERE i.id = k.id AND k.paused AND i.stage + 0 = 3 AND i.worker_id IS NULL
    RETURNING i.id
), unlocked AS (
    DELETE FROM queue_concurrency_locks l USING returned r WHERE l.item_id = r.id
)
UPDATE queue_items i SET
    worker_id = %(worker)s, claim_number = i.claim_number + 1, attempt = i.attempt + 1, claimed_at = now()
FROM known k JOIN queue_tasks t ON t.id = k.task_id
WHERE i.id = k.id AND NOT k.paused AND i.stage + 0 = 3 AND i.worker_id IS NULL
RETURNING i.id, i.task_id, i.type, i.claim_number, i.attempt, i.max_attempts, i.payload::text, t.dry_run,
    i.crash_count,
    CASE WHEN i.claim_number = 1 THEN extract(epoch FROM now() - greatest(i.created_at, i.available_at))::float8 END
