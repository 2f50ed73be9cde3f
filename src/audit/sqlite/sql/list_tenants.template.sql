-- The tenants after ?2, with their active sessions, and their sign-ins and alerts since ?3. Reads one index entry per
-- tenant to find them.
WITH RECURSIVE known (tenant) AS (
    SELECT min(tenant) FROM sessions WHERE tenant > ?2
    UNION ALL
    SELECT (SELECT min(other.tenant) FROM sessions AS other WHERE other.tenant > known.tenant)
    FROM known
    WHERE known.tenant IS NOT NULL
),

listed (tenant) AS MATERIALIZED (
    SELECT tenant
    FROM known
    WHERE tenant IS NOT NULL AND (?1 IS NULL OR tenant IN (SELECT value FROM json_each(?1)))
    LIMIT ?4
)

SELECT
    listed.tenant AS tenant,
    (SELECT count(*) FROM sessions WHERE sessions.tenant = listed.tenant AND {live}) AS active_sessions,
    (SELECT count(*) FROM login_events WHERE login_events.tenant = listed.tenant AND at >= ?3) AS logins,
    (
        SELECT count(*)
        FROM alerts
        WHERE alerts.tenant = listed.tenant AND event_time >= ?3 AND answered_alert_id IS NULL
    ) AS alerts
FROM listed
ORDER BY listed.tenant
