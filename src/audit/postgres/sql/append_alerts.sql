INSERT INTO alerts (
    major, minor, previous_major, previous_minor, alert_id, tenant, user_id, session_id, device_id,
    rule, rule_version, severity, event_time, detected_time, ip, country, reason, detail, record,
    after_gap
)
SELECT
    major, minor, previous_major, previous_minor, encode(alert_id, 'hex')::uuid, tenant, user_id,
    session_id, device_id, rule, rule_version, severity, event_time, detected_time, ip, country,
    reason, detail::jsonb, record,
    NOT follows AND (previous_major, previous_minor) <> (0, 0) AND NOT EXISTS (
        SELECT FROM alerts AS existing
        WHERE (existing.major, existing.minor) = (alert.previous_major, alert.previous_minor)
    )
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::bigint[], $12::smallint[], $13::timestamptz[],
    $14::timestamptz[], $15::inet[], $16::text[], $17::text[], $18::text[], $19::bytea[], $20::boolean[]
) AS alert (
    major, minor, previous_major, previous_minor, alert_id, tenant, user_id, session_id, device_id,
    rule, rule_version, severity, event_time, detected_time, ip, country, reason, detail, record,
    follows
)
ON CONFLICT DO NOTHING
