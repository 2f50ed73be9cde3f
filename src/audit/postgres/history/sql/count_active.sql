WITH revoked AS MATERIALIZED (
    -- The last mass revocation of each tenant, and of everyone, with sessions that are not ended here yet.
    SELECT tenant, max(at) AS at
    FROM mass_revocations
    WHERE finished_at IS NULL
    GROUP BY tenant
)
SELECT coalesce(sum(sessions), 0)::bigint AS sessions, count(*) AS users
FROM (
    SELECT count(*) AS sessions
    FROM sessions
    WHERE
        ended_at IS NULL
        AND coalesce(stored_at, created_at) >= coalesce((SELECT at FROM revoked WHERE tenant IS NULL), '-infinity')
        AND NOT EXISTS (
            SELECT 1
            FROM revoked
            WHERE revoked.tenant = sessions.tenant AND coalesce(sessions.stored_at, sessions.created_at) < revoked.at
        )
        AND ($1::text IS NULL OR tenant = $1)
        AND ($2::text[] IS NULL OR tenant = ANY ($2))
        AND ($3::text IS NULL OR user_id = $3)
    GROUP BY tenant, user_id
) AS users
