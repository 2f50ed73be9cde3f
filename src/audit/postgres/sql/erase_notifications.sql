WITH erased AS (
    DELETE FROM notifications
    WHERE tenant = $1 AND user_id = $2 AND event_time <= $3
    RETURNING notification_id
)
DELETE FROM notification_findings
WHERE notification_id IN (SELECT notification_id FROM erased)
