SELECT event_time, alert_id, record, answered_at, answer_verdict, answer_actor
FROM (
    SELECT
        alert.event_time, alert.alert_id, alert.tenant, alert.user_id, alert.rule, alert.severity, alert.record,
        answer.at AS answered_at, answer.alert_verdict AS answer_verdict, answer.actor AS answer_actor
    FROM alerts AS alert INDEXED BY {index}
    LEFT JOIN session_events AS answer ON answer.seq = (
        SELECT event.seq
        FROM session_events AS event INDEXED BY session_events_of_user
        WHERE
            event.tenant = alert.tenant AND event.user_id = alert.user_id AND event.at >= alert.event_time
            AND event.kind = 'alert_acknowledged' AND event.alert_id = alert.alert_id
        ORDER BY event.at DESC
        LIMIT 1
    )
    WHERE length(alert.record) > 0 AND alert.answered_alert_id IS NULL
)