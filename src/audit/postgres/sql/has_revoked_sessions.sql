-- The same conditions as in revoked_sessions.sql.
SELECT EXISTS (
    SELECT 1
    FROM sessions
    WHERE
        ended_at IS NULL
        AND ($1::text IS NULL OR tenant = $1)
        AND created_at < $2::timestamptz + interval '1 minute'
        AND coalesce(stored_at, created_at) < $2
)
