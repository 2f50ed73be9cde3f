INSERT INTO notification_findings (notification_id, alert_id, record)
SELECT ?1, ?2, ?3
WHERE EXISTS (SELECT 1 FROM notifications WHERE notification_id = ?1 AND NOT acknowledged)
ON CONFLICT DO NOTHING
