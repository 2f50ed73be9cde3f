SELECT coalesce(sum(sessions), 0)::bigint AS sessions, count(*) AS users
FROM (
    SELECT count(*) AS sessions
    FROM sessions
    WHERE
        ended_at IS NULL
        AND ($1::text IS NULL OR tenant = $1)
        AND ($2::text[] IS NULL OR tenant = ANY ($2))
        AND ($3::text IS NULL OR user_id = $3)
    GROUP BY tenant, user_id
) AS users
