-- The tenants after $2, with their active sessions, and their sign-ins and alerts since $3. Reads one index entry per
-- tenant to find them.
WITH RECURSIVE known AS (
    SELECT min(tenant) AS tenant FROM sessions WHERE $2::text IS NULL OR tenant > $2
    UNION ALL
    SELECT (SELECT min(next.tenant) FROM sessions AS next WHERE next.tenant > known.tenant)
    FROM known
    WHERE known.tenant IS NOT NULL
),

listed AS MATERIALIZED (
    SELECT tenant
    FROM known
    WHERE tenant IS NOT NULL AND ($1::text[] IS NULL OR tenant = ANY ($1))
    LIMIT $4::bigint
),

revoked AS MATERIALIZED (
    SELECT tenant, max(at) AS at
    FROM mass_revocations
    WHERE finished_at IS NULL
    GROUP BY tenant
)

SELECT
    listed.tenant,
    (
        SELECT count(*)
        FROM sessions
        WHERE
            sessions.tenant = listed.tenant
            AND ended_at IS NULL
            AND coalesce(stored_at, created_at) >= coalesce((SELECT at FROM revoked WHERE tenant IS NULL), '-infinity')
            AND coalesce(stored_at, created_at)
            >= coalesce((SELECT at FROM revoked WHERE revoked.tenant = listed.tenant), '-infinity')
    ) AS active_sessions,
    (
        SELECT count(*) FROM login_events WHERE login_events.tenant = listed.tenant AND login_events.at >= $3
    ) AS logins,
    (
        SELECT count(*)
        FROM alerts
        WHERE alerts.tenant = listed.tenant AND alerts.event_time >= $3 AND alerts.answered_alert_id IS NULL
    ) AS alerts
FROM listed
ORDER BY listed.tenant
