-- List the tasks that have ready items in a lane, with the places of these, stepping from task to task by the index.
WITH RECURSIVE steps AS (
    (
        SELECT i.type, i.task_id, i.index FROM queue_items i
        WHERE i.stage = 2 AND i.lane = %(lane)s ORDER BY i.type, i.task_id, i.index LIMIT 1
    )
    UNION ALL
    SELECT n.type, n.task_id, n.index FROM steps s CROSS JOIN LATERAL (
        SELECT i.type, i.task_id, i.index FROM queue_items i
        WHERE i.stage = 2 AND i.lane = %(lane)s AND (i.type, i.task_id) > (s.type, s.task_id)
        ORDER BY i.type, i.task_id, i.index LIMIT 1
    ) n
)
SELECT s.task_id, t.turn_at, s.index, t.total_items
FROM (SELECT * FROM steps LIMIT %(limit)s) s JOIN queue_tasks t ON t.id = s.task_id
WHERE t.status IN ('queued', 'running') AND t.paused_at IS NULL
    AND NOT EXISTS (SELECT FROM queue_pauses p WHERE p.scope = s.type)
