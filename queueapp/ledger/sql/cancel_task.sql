-- Cancel a task that is not terminal, with its counts; rows not started read as canceled from this commit on.
UPDATE queue_tasks SET
    status = 'canceled', canceled_at = now(), finished_at = now(), updated_at = now(), open = false,
    stopped_at = CASE WHEN running_items = 0 THEN now() END,
    canceled_items = total_items - completed_items - failed_items - skipped_items - running_items,
    slots_used = 0, pending_barriers = 0, growing_items = 0, unsettled = true,
    message = 'canceled' || CASE WHEN %(by)s::text = '' THEN '' ELSE ' by ' || %(by)s END
WHERE id = %(task_id)s AND status IN ('queued', 'running')
RETURNING id, running_items, canceled_items
