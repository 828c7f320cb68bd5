-- Insert a task and its few items in one statement, which is one commit and one round trip.
WITH task AS (
    INSERT INTO queue_tasks (
        type, title, priority, created_by, origin, max_parallel, dry_run, open, dedup_key, scheduled_for,
        parent_task_id, ordering_key, pending_dependencies, stop_on_failure, meta, total_items, pending_barriers,
        growing_items, slots_used
    )
    VALUES (
        %(type)s, %(title)s, %(priority)s, %(created_by)s, %(origin)s, %(max_parallel)s, %(dry_run)s, %(open)s,
        %(dedup_key)s, %(scheduled_for)s, %(parent_task_id)s, %(ordering_key)s,
        %(pending_dependencies)s, %(stop_on_failure)s, %(meta)s::jsonb, %(total_items)s, %(pending_barriers)s,
        %(growing_items)s, %(slots_used)s
    )
    ON CONFLICT (dedup_key) WHERE dedup_key IS NOT NULL AND status IN ('queued', 'running') DO NOTHING
    RETURNING id
), stored AS (
    INSERT INTO queue_items (
        task_id, "index", type, title, subject, stage, lane, optional, barrier, payload, max_attempts, available_at,
        concurrency_key, dispatched_at
    )
    SELECT task.id, d.place - 1, d.type, d.title, d.subject, d.stage, %(lane)s, d.optional, d.barrier,
        d.payload::jsonb, d.max_attempts, %(scheduled_for)s, d.concurrency_key, CASE WHEN d.stage = 3 THEN now() END
    FROM task, unnest(
        %(types)s::text[], %(titles)s::text[], %(subjects)s::text[], %(stages)s::int[], %(optionals)s::bool[],
        %(barriers)s::bool[], %(payloads)s::text[], %(attempts)s::int[], %(keys)s::text[]
    ) WITH ORDINALITY AS d(
        type, title, subject, stage, optional, barrier, payload, max_attempts, concurrency_key, place)
    RETURNING id, "index"
)
SELECT (SELECT id FROM task), (SELECT array_agg(id ORDER BY "index") FROM stored)
