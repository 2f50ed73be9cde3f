-- Sessions that a mass revocation ends, some of them. What somebody else holds is left to the next time. The clocks of
-- nodes, which created_at is by, are near that of the store; the bound lets the index serve.
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
