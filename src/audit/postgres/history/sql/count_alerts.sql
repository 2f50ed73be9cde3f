-- Alerts of a window by step and severity, and by rule. Those that were raised again with an answer are left out.
SELECT step, severity, rule, count(*) AS alerts
FROM (
    SELECT
        (extract(epoch FROM event_time - $4) * 1000)::bigint / $6::bigint AS step, severity, rule COLLATE "C" AS rule
    FROM alerts
    WHERE
        event_time >= $4::timestamptz AND event_time < $5::timestamptz AND answered_alert_id IS NULL
        AND ($1::text IS NULL OR tenant = $1)
        AND ($2::text[] IS NULL OR tenant = ANY ($2))
        AND ($3::text IS NULL OR user_id = $3)
) AS alert
GROUP BY GROUPING SETS ((step, severity), (rule))
-- Steps have no rule; their order is irrelevant.
ORDER BY alerts DESC, rule
