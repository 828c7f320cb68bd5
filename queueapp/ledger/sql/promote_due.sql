-- Make items ready whose time has come, oldest first, and return the lanes they belong to.
WITH due AS (
    SELECT id FROM queue_items WHERE stage = 1 AND available_at <= now()
    ORDER BY available_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), promoted AS (
    UPDATE queue_items i SET stage = 2 FROM due WHERE i.id = due.id RETURNING i.lane
)
SELECT lane, count(*) FROM promoted GROUP BY lane
