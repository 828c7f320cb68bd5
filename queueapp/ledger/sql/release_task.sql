-- Let the held items of a task go that waits for no other task any more, as many as its limit allows.
WITH task AS (
    SELECT id, max_parallel, scheduled_for, pending_barriers FROM queue_tasks
    WHERE id = %(task_id)s AND pending_dependencies = 0
), next AS (
    SELECT i.id, t.scheduled_for FROM task t CROSS JOIN LATERAL (
        SELECT q.id FROM queue_items q WHERE q.task_id = t.id AND q.stage = 0 AND NOT q.barrier
        ORDER BY q.index LIMIT t.max_parallel
    ) i
), released AS (
    UPDATE queue_items i
    SET stage = CASE WHEN n.scheduled_for > now() THEN 1 ELSE 2 END, available_at = n.scheduled_for
    FROM next n WHERE i.id = n.id
    RETURNING i.id
)
UPDATE queue_tasks t SET slots_used = CASE WHEN t.max_parallel IS NULL THEN 0 ELSE (SELECT count(*) FROM released) END
FROM task WHERE t.id = task.id
