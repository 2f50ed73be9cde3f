INSERT INTO alerts (
    major, minor, previous_major, previous_minor, alert_id, tenant, user_id, session_id, device_id,
    rule, rule_version, severity, event_time, detected_time, ip, country, reason, detail, record,
    after_gap
)
VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
    (?3, ?4) <> (0, 0) AND NOT EXISTS (
        SELECT 1 FROM alerts AS existing WHERE (existing.major, existing.minor) = (?3, ?4)
    )
)
ON CONFLICT DO NOTHING
