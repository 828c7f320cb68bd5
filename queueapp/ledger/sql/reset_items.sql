-- Give items of a locked, settled task new attempts and take them out of its counts; the task is queued again.
-- While it waits for other tasks (`pending`) they are held. Raised claim numbers fence off workers that still hold such an item.
WITH chosen AS (
    SELECT id, status, optional, row_number() OVER (ORDER BY "index") AS place,
        barrier AND bool_or(NOT barrier) OVER () AS waits_for_others
    FROM queue_items
    WHERE task_id = %(task_id)s AND status = ANY(%(statuses)s)
        AND (%(item_id)s::bigint IS NULL OR id = %(item_id)s)
), reset AS (
    UPDATE queue_items i SET
        status = 'queued',
        lane = %(lane)s,
        stage = CASE
            WHEN %(pending)s > 0 THEN 0
            WHEN c.waits_for_others AND %(limit)s::int IS NULL THEN 0
            WHEN %(limit)s::int IS NULL OR c.place <= %(limit)s - %(used)s THEN 2
            ELSE 0
        END,
        barrier = i.barrier AND %(limit)s::int IS NULL,
        attempt = 0, crash_count = 0, lone_crash_count = 0, claim_number = i.claim_number + 1, worker_id = NULL,
        progress = 0, message = NULL, dispatched_at = NULL, claimed_at = NULL, cancel_requested_at = NULL,
        available_at = NULL, started_at = NULL, finished_at = NULL, duration_ms = NULL, result = NULL
    FROM chosen c WHERE i.id = c.id
    RETURNING c.status AS before, c.optional, i.stage, i.barrier
), sums AS (
    SELECT count(*) AS items,
        count(*) FILTER (WHERE before = 'completed') AS completed,
        count(*) FILTER (WHERE before = 'failed') AS failed,
        count(*) FILTER (WHERE before = 'failed' AND optional) AS optional_failed,
        count(*) FILTER (WHERE before = 'skipped') AS skipped,
        count(*) FILTER (WHERE before = 'canceled') AS canceled,
        count(*) FILTER (WHERE stage = 2) AS ready,
        count(*) FILTER (WHERE barrier AND stage = 0) AS barriers
    FROM reset
)
UPDATE queue_tasks t SET
    status = CASE WHEN t.status = 'running' THEN t.status ELSE 'queued' END,
    finished_at = NULL, canceled_at = NULL, stopped_at = NULL, error = NULL, message = NULL, unsettled = false,
    paused_at = NULL, paused_by = NULL, pace_at = NULL, pace_seconds = NULL, updated_at = now(),
    completed_items = t.completed_items - s.completed,
    failed_items = t.failed_items - s.failed,
    optional_failed_items = t.optional_failed_items - s.optional_failed,
    skipped_items = t.skipped_items - s.skipped,
    canceled_items = t.canceled_items - s.canceled,
    slots_used = t.slots_used + CASE WHEN t.max_parallel IS NULL THEN 0 ELSE s.ready END,
    pending_barriers = t.pending_barriers + s.barriers,
    pending_dependencies = %(pending)s
FROM sums s
WHERE t.id = %(task_id)s AND s.items > 0
RETURNING s.items
