WITH revoked AS MATERIALIZED (
    -- The last mass revocation of each tenant, and of everyone, with sessions that are not ended here yet.
    SELECT tenant, max(at) AS at
    FROM mass_revocations
    WHERE finished_at IS NULL
    GROUP BY tenant
)
SELECT count(*)
FROM sessions
-- The same conditions as in search_sessions.sql.
WHERE
    ($1::text IS NULL OR tenant = $1)
    AND ($2::text[] IS NULL OR tenant = ANY ($2))
    AND ($3::text IS NULL OR user_id = $3)
    AND ($4::text IS NULL OR device_id = $4)
    AND ($5::text IS NULL OR coalesce(device_type, '') = $5)
    AND ($6::text IS NULL OR country = $6)
    AND ($7::inet IS NULL OR ip >= $7)
    AND ($8::inet IS NULL OR ip <= $8)
    AND ($9::bigint IS NULL OR asn = $9)
    AND ($10::text IS NULL OR $10 = ANY (auth_methods))
    AND ($11::text IS NULL OR policy = $11)
    AND ($18::text IS NULL OR position(lower($18 COLLATE "C") IN lower(user_agent COLLATE "C")) > 0)
    AND ($12::timestamptz IS NULL OR created_at >= $12)
    AND ($13::timestamptz IS NULL OR created_at < $13)
    AND ($14::timestamptz IS NULL OR last_active_at >= $14)
    AND ($15::timestamptz IS NULL OR last_active_at < $15)
    AND (
        $16::boolean IS NULL OR NOT $16
        OR ended_at IS NULL
        AND coalesce(stored_at, created_at) >= coalesce((SELECT at FROM revoked WHERE tenant IS NULL), '-infinity')
        AND NOT EXISTS (
            SELECT 1
            FROM revoked
            WHERE revoked.tenant = sessions.tenant AND coalesce(sessions.stored_at, sessions.created_at) < revoked.at
        )
    )
    AND ($16::boolean IS NULL OR $16 OR ended_at IS NOT NULL)
    AND ($17::text IS NULL OR end_reason = $17)
