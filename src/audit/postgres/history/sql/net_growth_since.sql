-- The number of sessions that began since a time, less the number that ended.
SELECT
    (
        SELECT count(*)
        FROM login_events
        WHERE
            at >= $4::timestamptz
            AND ($1::text IS NULL OR tenant = $1)
            AND ($2::text[] IS NULL OR tenant = ANY ($2))
            AND ($3::text IS NULL OR user_id = $3)
    ) - (
        SELECT count(*)
        FROM session_events
        WHERE
            at >= $4 AND kind = 'ended'
            AND ($1 IS NULL OR tenant = $1)
            AND ($2 IS NULL OR tenant = ANY ($2))
            AND ($3 IS NULL OR user_id = $3)
    ) AS more
