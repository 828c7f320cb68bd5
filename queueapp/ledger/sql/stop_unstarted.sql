-- Cancel the items of a locked task that nobody has claimed, and end the task if none is left to wait for.
WITH stopped AS (
    UPDATE queue_items SET status = 'canceled', stage = 4, finished_at = now()
    WHERE task_id = %(task_id)s AND status = 'queued' AND stage < 4 AND worker_id IS NULL
    RETURNING id, barrier, stage
), unlocked AS (
    DELETE FROM queue_concurrency_locks l USING stopped s WHERE l.item_id = s.id
), counted AS (
    SELECT count(*) AS n FROM stopped
)
UPDATE queue_tasks t SET
    canceled_items = t.canceled_items + c.n,
    pending_barriers = 0,
    slots_used = CASE WHEN t.max_parallel IS NULL THEN 0 ELSE (
        SELECT count(*) FROM queue_items i WHERE i.task_id = t.id AND i.stage = 3 AND i.worker_id IS NOT NULL) END,
    status = CASE
        WHEN t.status = 'running'
            AND t.completed_items + t.failed_items + t.skipped_items + t.canceled_items + c.n = t.total_items
            THEN 'failed'
        ELSE t.status
    END,
    finished_at = CASE
        WHEN t.completed_items + t.failed_items + t.skipped_items + t.canceled_items + c.n = t.total_items
            THEN coalesce(t.finished_at, now())
        ELSE t.finished_at
    END,
    open = false, updated_at = now()
FROM counted c WHERE t.id = %(task_id)s AND t.status IN ('queued', 'running') AND c.n > 0
RETURNING t.status, t.canceled_items
