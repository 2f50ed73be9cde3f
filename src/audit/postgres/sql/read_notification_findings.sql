SELECT notification_id, record
FROM notification_findings
WHERE notification_id = ANY ($1)
ORDER BY notification_id, alert_id
