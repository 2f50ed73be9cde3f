-- The rows are locked in the order in which appending writes them, which prevents deadlocks.
WITH seen AS (
    SELECT DISTINCT ON (session_id) session_id, client::jsonb AS client
    FROM unnest($1::text[], $2::text[]) AS seen (session_id, client)
    ORDER BY session_id, (client::jsonb ->> 'at')::bigint DESC
),
fresh AS (
    SELECT existing.session_id, seen.client
    FROM sessions AS existing
    JOIN seen ON seen.session_id = existing.session_id
    WHERE coalesce((existing.last_seen ->> 'at')::bigint, 0) <= (seen.client ->> 'at')::bigint
    ORDER BY existing.session_id
    FOR UPDATE OF existing
)
UPDATE sessions AS existing
SET last_seen = fresh.client
FROM fresh
WHERE existing.session_id = fresh.session_id
