DELETE FROM alerts
WHERE (major, minor, alert_id) IN (
    SELECT major, minor, alert_id FROM alerts WHERE event_time < ? ORDER BY event_time LIMIT ?
)
