-- Alerts with the latest answer, without those that were raised again with one. A placeholder for an erased alert has
-- no record.
SELECT
    alert.event_time,
    alert.alert_id,
    alert.record,
    answer.at AS answered_at,
    answer.alert_verdict AS answer_verdict,
    answer.actor AS answer_actor
FROM alerts AS alert
LEFT JOIN LATERAL (
    SELECT event.at, event.alert_verdict, event.actor
    FROM session_events AS event
    WHERE
        event.tenant = alert.tenant
        AND event.user_id = alert.user_id
        AND event.at >= alert.event_time
        AND event.kind = 'alert_acknowledged'
        AND event.alert_id = alert.alert_id
    ORDER BY event.at DESC
    LIMIT 1
) AS answer ON true
WHERE
    octet_length(alert.record) > 0
    AND alert.answered_alert_id IS NULL
    AND ($1::text IS NULL OR alert.tenant = $1)
    AND ($2::text[] IS NULL OR alert.tenant = ANY ($2))
    AND ($3::text IS NULL OR alert.user_id = $3)
    AND ($4::smallint IS NULL OR alert.severity >= $4)
    AND ($5::text[] IS NULL OR alert.rule = ANY ($5))
    AND ($6::timestamptz IS NULL OR alert.event_time >= $6)
    AND ($7::timestamptz IS NULL OR alert.event_time < $7)
    AND ($8::boolean IS NULL OR (answer.at IS NOT NULL) = $8)
    AND ($9::timestamptz IS NULL OR (alert.event_time, alert.alert_id) < ($9, $10::uuid))
ORDER BY alert.event_time DESC, alert.alert_id DESC
LIMIT $11::bigint
