-- Of each task that runs nothing, find the item that will run next: one that is out, else ready, else due first, else held.
-- Each is looked for in the index of its stage; only what is ready needs the operation too, which most often is the task's.
WITH types AS MATERIALIZED (
    SELECT DISTINCT type FROM (
        SELECT type FROM queue_tasks WHERE id = ANY(%(task_ids)s)
        UNION SELECT i.type FROM queue_tasks t CROSS JOIN LATERAL (
            SELECT type FROM queue_items WHERE task_id = t.id AND "index" IN (0, t.completed_items, t.total_items - 1)
        ) i WHERE t.id = ANY(%(task_ids)s)
    ) named
)
SELECT coalesce(
    (SELECT i.id FROM queue_items i WHERE i.stage = 3 AND i.task_id = t.id ORDER BY i.id LIMIT 1),
    (
        SELECT r.id FROM generate_series(0, 3) AS l(lane) CROSS JOIN types k CROSS JOIN LATERAL (
            SELECT i.id, i."index" FROM queue_items i
            WHERE i.stage = 2 AND i.lane = l.lane AND i.type = k.type AND i.task_id = t.id
            ORDER BY i."index" LIMIT 1
        ) r ORDER BY r."index" LIMIT 1
    ),
    (SELECT i.id FROM queue_items i WHERE i.stage = 1 AND i.task_id = t.id ORDER BY i.available_at LIMIT 1),
    (
        SELECT i.id FROM queue_items i WHERE i.stage = 0 AND i.task_id = t.id AND NOT i.barrier
        ORDER BY i."index" LIMIT 1
    ),
    (SELECT i.id FROM queue_items i WHERE i.stage = 0 AND i.task_id = t.id ORDER BY i."index" LIMIT 1)
)
FROM queue_tasks t WHERE t.id = ANY(%(task_ids)s)
