SELECT notification_id, record
FROM notification_findings
WHERE notification_id IN (SELECT value FROM json_each(?1))
ORDER BY notification_id, alert_id
