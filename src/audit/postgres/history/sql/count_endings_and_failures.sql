-- Endings, failed logins, refused calls and denials of JWTs of a window, by step, and by reason or kind.
SELECT
    kind, step, why, count(*) AS events
FROM (
    SELECT
        kind, (extract(epoch FROM at - $4) * 1000)::bigint / $6::bigint AS step,
        coalesce(end_reason, auth_event_kind) AS why
    FROM session_events
    WHERE
        at >= $4::timestamptz AND at < $5::timestamptz AND kind IN ('ended', 'auth_failed', 'call_refused', 'tokens_denied')
        AND ($1::text IS NULL OR tenant = $1)
        AND ($2::text[] IS NULL OR tenant = ANY ($2))
        AND ($3::text IS NULL OR user_id = $3)
) AS event
GROUP BY kind, GROUPING SETS ((step), (why))
-- Steps have no reason; their order is irrelevant.
ORDER BY events DESC, why COLLATE "C"
