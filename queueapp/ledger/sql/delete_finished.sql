-- Delete finished tasks with their items and logs; one that was retried meanwhile, or is locked, stays.
WITH chosen AS (
    SELECT id FROM queue_tasks
    WHERE id = ANY(%(task_ids)s) AND finished_at IS NOT NULL AND running_items = 0 AND NOT unsettled
    ORDER BY id
    FOR UPDATE SKIP LOCKED
), gone_items AS (
    DELETE FROM queue_items i USING chosen c WHERE i.task_id = c.id RETURNING i.id
), gone_logs AS (
    DELETE FROM queue_item_logs l USING gone_items g WHERE l.item_id = g.id
), gone_tasks AS (
    DELETE FROM queue_tasks t USING chosen c WHERE t.id = c.id RETURNING t.id
)
SELECT (SELECT count(*) FROM gone_tasks), (SELECT count(*) FROM gone_items)
