SELECT coalesce(sum(sessions), 0)::bigint AS sessions, count(*) AS users
FROM (
    SELECT count(*) AS sessions
    FROM sessions
    WHERE
        ended_at IS NULL
        AND NOT EXISTS (
            -- Signed out as a whole, and not ended here yet.
            SELECT 1
            FROM mass_revocations AS revocation
            WHERE
                revocation.finished_at IS NULL
                AND (revocation.tenant IS NULL OR revocation.tenant = sessions.tenant)
                AND coalesce(sessions.stored_at, sessions.created_at) < revocation.at
        )
        AND ($1::text IS NULL OR tenant = $1)
        AND ($2::text[] IS NULL OR tenant = ANY ($2))
        AND ($3::text IS NULL OR user_id = $3)
    GROUP BY tenant, user_id
) AS users
