-- A batch of the sessions that a mass revocation ends. Locked rows are left to the next batch. The clocks of nodes,
-- which set created_at, are close to that of the store; the bound makes the index usable.
SELECT session_id, tenant, user_id, created_at
FROM sessions
WHERE
    ended_at IS NULL
    AND ($1::text IS NULL OR tenant = $1)
    AND created_at < $2::timestamptz + interval '1 minute'
    AND coalesce(stored_at, created_at) < $2
ORDER BY created_at
LIMIT $3
FOR UPDATE SKIP LOCKED
