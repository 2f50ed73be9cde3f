-- Reads one index entry per tenant, from the index that begins with the tenant.
WITH RECURSIVE known AS (
    SELECT min(tenant) AS tenant FROM session_events
    UNION ALL
    SELECT (SELECT min(next.tenant) FROM session_events AS next WHERE next.tenant > known.tenant)
    FROM known
    WHERE known.tenant IS NOT NULL
)
SELECT tenant
FROM known
WHERE tenant IS NOT NULL
LIMIT $1::bigint
