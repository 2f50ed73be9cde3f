INSERT INTO notification_findings (notification_id, alert_id, record)
SELECT finding.notification_id, finding.alert_id, finding.record
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS finding (notification_id, alert_id, record)
WHERE EXISTS (
    SELECT FROM notifications AS known
    WHERE known.notification_id = finding.notification_id AND NOT known.acknowledged
)
ON CONFLICT DO NOTHING
