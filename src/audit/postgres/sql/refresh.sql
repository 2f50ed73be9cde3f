-- The rows are locked in the order in which appending writes them, so that neither waits for the other
-- in a circle.
WITH activity AS (
    SELECT session_id, max(at) AS at
    FROM unnest($1::text[], $2::timestamptz[]) AS activity (session_id, at)
    GROUP BY session_id
),
fresh AS (
    SELECT present.session_id, activity.at
    FROM sessions AS present
    JOIN activity ON activity.session_id = present.session_id
    WHERE present.last_active_at < activity.at AND (present.ended_at IS NULL OR $3::boolean)
    ORDER BY present.session_id
    FOR UPDATE OF present
)
UPDATE sessions AS present
SET last_active_at = greatest(present.last_active_at, fresh.at)
FROM fresh
WHERE present.session_id = fresh.session_id
