-- Mark the next ready items of a lane as dispatched, in the fair turn of their tasks, and return them.
-- It steps from operation to operation and from task to task by the index alone, so neither a paused or canceled
-- task of a million items nor a paused operation slows it. Each type has a cost; the sum of costs is the room.
-- It starts at the floor given for each type, below which nothing was ready a moment ago: entries of the index that
-- have been dispatched since are dead but still there, and walking over them would cost more with every item.
-- The oldest 256 tasks of a type are looked at, and of each as many items as it may get.
WITH RECURSIVE offered AS (
    SELECT o.* FROM unnest(%(types)s::text[], %(costs)s::float8[], %(floor_tasks)s::bigint[], %(floor_indexes)s::int[])
        AS o(type, cost, floor_task, floor_index)
    WHERE NOT EXISTS (SELECT FROM queue_pauses p WHERE p.scope IN ('*', o.type))
), steps AS (
    SELECT o.type, o.cost, o.floor_task, o.floor_index, (
            SELECT i.task_id FROM queue_items i
            WHERE i.stage = 2 AND i.lane = %(lane)s AND i.type = o.type
                AND (i.task_id, i.index) >= (o.floor_task, o.floor_index)
            ORDER BY i.task_id, i.index LIMIT 1
        ) AS task_id, 0 AS found, 1 AS seen
    FROM offered o
    UNION ALL
    SELECT s.type, s.cost, s.floor_task, s.floor_index, (
            SELECT i.task_id FROM queue_items i
            WHERE i.stage = 2 AND i.lane = %(lane)s AND i.type = s.type AND i.task_id > s.task_id
            ORDER BY i.task_id LIMIT 1
        ),
        s.found + (SELECT count(*)::int FROM queue_tasks t
            WHERE t.id = s.task_id AND t.status IN ('queued', 'running') AND t.paused_at IS NULL),
        s.seen + 1
    FROM steps s
    WHERE s.task_id IS NOT NULL AND s.found < least(ceil(%(room)s / s.cost), 256) AND s.seen < 10000
), tasks AS (
    SELECT s.type, s.cost, s.task_id, t.turn_at, count(*) OVER (PARTITION BY s.type) AS of_type,
        CASE WHEN s.task_id = s.floor_task THEN s.floor_index ELSE 0 END AS from_index
    FROM steps s JOIN queue_tasks t ON t.id = s.task_id
    WHERE t.status IN ('queued', 'running') AND t.paused_at IS NULL
), candidates AS (
    SELECT i.id, i.concurrency_key, t.cost, t.turn_at + i.index * interval '50 ms' AS turn
    FROM tasks t CROSS JOIN LATERAL (
        SELECT q.id, q.index, q.concurrency_key FROM queue_items q
        WHERE q.stage = 2 AND q.lane = %(lane)s AND q.type = t.type AND q.task_id = t.task_id
            AND q.index >= t.from_index
            AND (q.concurrency_key IS NULL OR (
                NOT EXISTS (SELECT FROM queue_concurrency_locks l WHERE l.key = q.concurrency_key)
                AND NOT EXISTS (
                    SELECT FROM queue_items e WHERE e.stage = 2 AND e.task_id = q.task_id
                        AND e.concurrency_key = q.concurrency_key AND e.index < q.index)))
        ORDER BY q.index
        LIMIT CASE WHEN t.of_type = 1 THEN ceil(%(room)s / t.cost)
            ELSE greatest(ceil(%(room)s / t.cost / t.of_type * 2), 64) END
    ) i
), chosen AS (
    SELECT id, concurrency_key FROM (
        SELECT id, concurrency_key, sum(cost) OVER (ORDER BY turn, id) - cost AS before FROM candidates
    ) c WHERE c.before < %(room)s
), locked AS (
    SELECT i.id, i.concurrency_key FROM queue_items i
    WHERE i.id = ANY(ARRAY(SELECT id FROM chosen)) AND i.stage + 0 = 2
    FOR UPDATE SKIP LOCKED
), keyed AS (
    INSERT INTO queue_concurrency_locks (key, item_id)
    SELECT DISTINCT ON (concurrency_key) concurrency_key, id FROM locked
    WHERE concurrency_key IS NOT NULL ORDER BY concurrency_key, id
    ON CONFLICT DO NOTHING
    RETURNING item_id
)
UPDATE queue_items i SET stage = 3, dispatched_at = now(), worker_id = NULL, claimed_at = NULL
WHERE i.id = ANY(ARRAY(
    SELECT id FROM locked WHERE concurrency_key IS NULL UNION ALL SELECT item_id FROM keyed
))
RETURNING i.id, i.type, i.task_id, i.index
