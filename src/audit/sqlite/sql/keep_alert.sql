INSERT INTO alerts (
    major, minor, previous_major, previous_minor, alert_id, tenant, user_id, session_id, device_id,
    rule, rule_version, severity, event_time, detected_time, ip, country, reason, detail, record
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
