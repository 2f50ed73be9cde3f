-- The rows are locked in the order in which appending writes them, which prevents deadlocks.
WITH activity AS (
    SELECT session_id, max(at) AS at
    FROM unnest($1::text[], $2::timestamptz[]) AS activity (session_id, at)
    GROUP BY session_id
),
fresh AS (
    SELECT existing.session_id, activity.at
    FROM sessions AS existing
    JOIN activity ON activity.session_id = existing.session_id
    WHERE existing.last_active_at < activity.at AND (existing.ended_at IS NULL OR $3::boolean)
    ORDER BY existing.session_id
    FOR UPDATE OF existing
)
UPDATE sessions AS existing
SET last_active_at = greatest(existing.last_active_at, fresh.at)
FROM fresh
WHERE existing.session_id = fresh.session_id
