-- Claim fetched items for one worker; those canceled, paused or taken by another are left out.
-- `stage + 0`: by the ids, not by the partial index of all items in flight. Each item looks at its task by a
-- subquery: a join could as well begin with the tasks, and go through all of their items at each claim.
-- With `again` what this worker has claimed before is its own, whatever has become of its task meanwhile: the
-- answer was lost, and only it can still give the item back.
UPDATE queue_items i SET
    worker_id = %(worker)s::bigint, claim_number = i.claim_number + 1, claimed_at = now(),
    attempt = i.attempt + CASE WHEN i.worker_id IS NULL THEN 1 ELSE 0 END
WHERE i.id = ANY(%(ids)s::bigint[]) AND i.stage + 0 = 3
    AND ((%(again)s::bool AND i.worker_id = %(worker)s::bigint) OR (
        i.worker_id IS NULL
        AND (SELECT t.status IN ('queued', 'running') AND t.paused_at IS NULL FROM queue_tasks t WHERE t.id = i.task_id)
        AND NOT EXISTS (SELECT FROM queue_pauses p WHERE p.scope IN ('*', i.type))))
RETURNING i.id, i.task_id, i.type, i.claim_number, i.attempt, i.max_attempts, i.payload::text,
    (SELECT t.dry_run FROM queue_tasks t WHERE t.id = i.task_id), i.crash_count,
    CASE WHEN i.claim_number = 1 THEN extract(epoch FROM now() - greatest(i.created_at, i.available_at))::float8 END
