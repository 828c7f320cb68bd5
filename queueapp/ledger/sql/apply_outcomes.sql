-- Record what became of claimed items, and in the same statement the counts, status and freed slots of their tasks.
-- The caller has locked the task rows in id order. Rows whose claim was overtaken by a newer one are left alone.
-- `stage + 0` keeps the planner from walking the partial index of all items in flight for each single id.
WITH said AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::bigint[], %(claims)s::int[], %(workers)s::bigint[], %(moves)s::text[],
        %(elapsed)s::float8[], %(results)s::text[], %(errors)s::text[], %(delays)s::float8[],
        %(uses_attempt)s::bool[], %(grows)s::bool[], %(crashed)s::bool[], %(alone)s::bool[]
    ) AS d(id, claim, worker, move, elapsed, result, error, delay, uses_attempt, grows, crashed, alone)
), valid AS MATERIALIZED (
    SELECT d.*, i.task_id, i.status = 'running' AS was_running, t.status = 'canceled' AS task_canceled,
        t.status = 'canceled' OR (i.cancel_requested_at IS NOT NULL AND d.move <> 'started') AS canceled,
        coalesce(i.cancel_requested_at, t.canceled_at) AS canceled_at, i.attempts IS NOT NULL AS has_attempts
    FROM said d
    JOIN queue_items i ON i.id = d.id AND i.claim_number = d.claim AND i.worker_id = d.worker AND i.stage + 0 = 3
    JOIN queue_tasks t ON t.id = i.task_id
), became AS MATERIALIZED (
    SELECT v.*,
        CASE
            WHEN v.canceled THEN 'canceled'
            WHEN v.move = 'started' THEN 'running'
            WHEN v.move IN ('retry', 'released') THEN 'queued'
            ELSE v.move
        END AS status,
        CASE
            WHEN v.canceled THEN 4
            WHEN v.move = 'started' THEN 3
            WHEN v.move = 'retry' AND v.delay > 0 THEN 1
            WHEN v.move IN ('retry', 'released') THEN 2
            ELSE 4
        END AS stage,
        -- What is told of this attempt; nothing of one that completes at first try, or that waits for a limit.
        CASE
            WHEN v.elapsed IS NULL OR v.move = 'started' THEN NULL
            WHEN v.canceled THEN 'canceled'
            WHEN v.crashed THEN 'crashed'
            WHEN v.move = 'failed' OR (v.move = 'retry' AND v.uses_attempt) THEN 'failed'
            WHEN v.move = 'released' THEN 'interrupted'
            WHEN v.has_attempts AND v.move IN ('completed', 'skipped') THEN v.move
        END AS told
    FROM valid v
    WHERE NOT (v.canceled AND v.move = 'started')
), moved AS (
    UPDATE queue_items i SET
        status = b.status,
        stage = b.stage,
        result = CASE WHEN b.status IN ('completed', 'skipped') THEN b.result::jsonb ELSE i.result END,
        error = CASE WHEN b.error IS NOT NULL THEN b.error::jsonb WHEN b.status = 'completed' THEN NULL ELSE i.error END,
        progress = CASE WHEN b.status = 'completed' THEN 1 WHEN b.status = 'queued' THEN 0 ELSE i.progress END,
        crash_count = i.crash_count + CASE WHEN b.crashed AND b.status <> 'canceled' THEN 1 ELSE 0 END,
        lone_crash_count = i.lone_crash_count
            + CASE WHEN b.crashed AND b.alone AND b.status <> 'canceled' THEN 1 ELSE 0 END,
        attempts = CASE
            WHEN b.told IS NULL THEN i.attempts
            ELSE coalesce(CASE WHEN jsonb_array_length(i.attempts) >= 20 THEN i.attempts - 0 ELSE i.attempts END, '[]')
                || jsonb_build_object(
                    'attempt', i.attempt, 'outcome', b.told,
                    'worker', (SELECT format('%%s, process %%s', w.host, w.pid) FROM queue_workers w WHERE w.id = b.worker),
                    'started_at', now() - make_interval(secs => b.elapsed), 'ended_at', now(),
                    'error', b.error::jsonb || jsonb_build_object('traceback', right(b.error::jsonb ->> 'traceback', 4000)))
        END,
        message = CASE
            WHEN b.told = 'canceled' AND b.canceled_at IS NOT NULL THEN format('stopped after %%s s',
                greatest(extract(epoch FROM clock_timestamp() - b.canceled_at), 0)::numeric(12, 1))
            ELSE i.message
        END,
        attempt = i.attempt - CASE WHEN b.uses_attempt THEN 0 ELSE 1 END,
        available_at = CASE WHEN b.stage = 1 THEN now() + make_interval(secs => b.delay) ELSE i.available_at END,
        worker_id = CASE WHEN b.stage < 3 THEN NULL ELSE i.worker_id END,
        dispatched_at = CASE WHEN b.stage < 3 THEN NULL ELSE i.dispatched_at END,
        claimed_at = CASE WHEN b.stage < 3 THEN NULL ELSE i.claimed_at END,
        started_at = CASE
            WHEN b.move = 'released' AND NOT b.was_running THEN NULL
            WHEN b.was_running OR b.elapsed IS NULL THEN i.started_at
            ELSE now() - make_interval(secs => b.elapsed)
        END,
        finished_at = CASE WHEN b.stage = 4 THEN now() END,
        duration_ms = CASE WHEN b.status = 'running' THEN NULL ELSE b.elapsed * 1000 END
    FROM became b
    WHERE i.id = b.id AND i.claim_number = b.claim AND i.worker_id = b.worker AND i.stage + 0 = 3
    RETURNING i.id, i.task_id, i.lane, i.status, i.stage, i.optional, i.concurrency_key, b.was_running,
        b.task_canceled, b.grows, b.elapsed, b.delay, CASE WHEN i.status = 'failed' THEN i.error ->> 'message' END AS failure
), unlocked AS (
    DELETE FROM queue_concurrency_locks l USING moved m
    WHERE m.concurrency_key IS NOT NULL AND m.stage <> 3 AND l.item_id = m.id
), sums AS (
    SELECT task_id,
        count(*) FILTER (WHERE status = 'completed') AS completed,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'failed' AND optional) AS optional_failed,
        count(*) FILTER (WHERE status = 'skipped') AS skipped,
        count(*) FILTER (WHERE status = 'canceled' AND (was_running OR NOT task_canceled)) AS canceled,
        count(*) FILTER (WHERE status = 'running' AND NOT was_running)
            - count(*) FILTER (WHERE status <> 'running' AND was_running) AS running,
        count(*) FILTER (WHERE stage = 4) AS finished,
        count(*) FILTER (WHERE stage = 4 AND grows) AS grown,
        max(delay) FILTER (WHERE stage = 1) AS due,
        max(elapsed) AS longest,
        bool_or(status = 'running' OR (elapsed IS NOT NULL AND stage <> 2)) AS started,
        max(failure) AS failure,
        max(failure) FILTER (WHERE optional) AS optional_failure
    FROM moved GROUP BY task_id
), totals AS (
    SELECT s.*, t.status AS was, t.open, t.total_items, t.max_parallel, t.pending_barriers,
        t.pending_dependencies > 0 AS blocked,
        greatest(t.max_parallel - (t.slots_used - s.finished), 0) AS free_slots,
        t.completed_items + s.completed AS completed_items, t.failed_items + s.failed AS failed_items,
        t.optional_failed_items + s.optional_failed AS optional_failed_items,
        t.skipped_items + s.skipped AS skipped_items, t.canceled_items + s.canceled AS canceled_items,
        t.running_items + s.running AS running_items,
        t.total_items - (t.completed_items + t.failed_items + t.skipped_items + t.canceled_items
            + s.completed + s.failed + s.skipped + s.canceled) AS remaining
    FROM sums s JOIN queue_tasks t ON t.id = s.task_id
), freed AS (
    UPDATE queue_items i SET stage = 2
    FROM (
        SELECT h.id FROM totals n CROSS JOIN LATERAL (
            SELECT id FROM queue_items q WHERE q.task_id = n.task_id AND q.stage = 0 AND NOT q.barrier
            ORDER BY q.index LIMIT n.free_slots
        ) h WHERE n.max_parallel IS NOT NULL AND n.was <> 'canceled' AND NOT n.blocked
    ) next
    WHERE i.id = next.id
    RETURNING i.task_id, i.lane
), raised AS (
    UPDATE queue_items i SET
        stage = CASE WHEN next.max_parallel IS NULL OR next.place <= next.free_slots THEN 2 ELSE 0 END,
        barrier = next.max_parallel IS NULL
    FROM (
        SELECT q.id, n.max_parallel, n.free_slots, row_number() OVER (PARTITION BY q.task_id ORDER BY q.index) AS place
        FROM totals n JOIN queue_items q ON q.task_id = n.task_id AND q.stage = 0 AND q.barrier
        WHERE n.pending_barriers > 0 AND n.remaining = n.pending_barriers AND NOT n.open AND n.was <> 'canceled' AND NOT n.blocked
    ) next
    WHERE i.id = next.id
    RETURNING i.task_id, i.lane, i.stage
), slots AS (
    SELECT task_id, count(*) AS taken FROM (
        SELECT task_id FROM freed UNION ALL SELECT task_id FROM raised WHERE stage = 2
    ) given GROUP BY task_id
), counted AS (
    UPDATE queue_tasks t SET
        completed_items = n.completed_items,
        failed_items = n.failed_items,
        optional_failed_items = n.optional_failed_items,
        skipped_items = n.skipped_items,
        canceled_items = n.canceled_items,
        running_items = n.running_items,
        growing_items = greatest(t.growing_items - n.grown, 0),
        slots_used = CASE WHEN t.max_parallel IS NULL OR n.was = 'canceled' THEN 0 ELSE t.slots_used - n.finished + coalesce(s.taken, 0) END,
        pending_barriers = CASE
            WHEN n.remaining = t.pending_barriers AND NOT t.open AND n.was <> 'canceled' AND NOT n.blocked THEN 0
            ELSE t.pending_barriers
        END,
        status = CASE
            WHEN n.was = 'canceled' THEN 'canceled'
            WHEN n.remaining = 0 AND NOT t.open THEN CASE
                WHEN n.failed_items > n.optional_failed_items THEN 'failed'
                WHEN n.canceled_items = t.total_items THEN 'canceled'
                ELSE 'completed'
            END
            WHEN n.started THEN 'running'
            ELSE t.status
        END,
        started_at = CASE
            WHEN t.started_at IS NULL AND n.started THEN now() - make_interval(secs => coalesce(n.longest, 0))
            ELSE t.started_at
        END,
        finished_at = CASE WHEN n.was <> 'canceled' AND n.remaining = 0 AND NOT t.open THEN now() ELSE t.finished_at END,
        canceled_at = CASE
            WHEN n.was <> 'canceled' AND n.remaining = 0 AND NOT t.open AND n.canceled_items = t.total_items THEN now()
            ELSE t.canceled_at
        END,
        stopped_at = CASE
            WHEN n.was = 'canceled' AND t.stopped_at IS NULL AND n.running_items = 0 THEN clock_timestamp()
            ELSE t.stopped_at
        END,
        error = CASE WHEN n.failed > n.optional_failed THEN n.failure ELSE t.error END,
        warnings = CASE
            WHEN n.optional_failure IS NULL OR jsonb_array_length(t.warnings) >= 100 THEN t.warnings
            ELSE t.warnings || to_jsonb(n.optional_failure)
        END,
        pace_seconds = CASE
            WHEN n.finished = 0 THEN t.pace_seconds
            WHEN t.pace_at IS NULL THEN NULL
            ELSE coalesce(t.pace_seconds, extract(epoch FROM now() - t.pace_at)::float8 / n.finished)
                    * exp(-n.finished / 20.0)
                + extract(epoch FROM now() - t.pace_at)::float8 / n.finished * (1 - exp(-n.finished / 20.0))
        END,
        pace_at = CASE WHEN n.finished > 0 OR t.pace_at IS NULL THEN now() ELSE t.pace_at END,
        updated_at = now()
    FROM totals n LEFT JOIN slots s ON s.task_id = n.task_id
    WHERE t.id = n.task_id
    RETURNING t.id, t.type, t.title, t.status, t.total_items, t.completed_items, t.failed_items, t.skipped_items,
        t.canceled_items, t.running_items, t.message, t.pace_seconds, t.growing_items, t.open, t.max_parallel,
        t.paused_at IS NOT NULL OR EXISTS (SELECT FROM queue_pauses p WHERE p.scope IN ('*', t.type)) AS paused,
        coalesce(greatest(n.due, (
            SELECT extract(epoch FROM max(q.available_at) - now())::float8 FROM queue_items q
            WHERE q.task_id = t.id AND q.stage = 1
        )), 0) AS due_seconds,
        n.was AS status_before, t.stop_on_failure AND n.failed > n.optional_failed AS stops
)
SELECT c.*,
    (SELECT array_agg(DISTINCT lane) FROM (
        SELECT lane FROM moved WHERE stage = 2
        UNION SELECT lane FROM freed
        UNION SELECT lane FROM raised WHERE stage = 2
    ) l) AS ready_lanes
FROM counted c
