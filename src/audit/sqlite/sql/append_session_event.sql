INSERT INTO session_events (
    event_id, at, kind, end_reason, scope, tenant, user_id,
    session_id, started_at, revision, policy, auth_methods, assurance_level,
    device_id, device_name, device_type, browser, os,
    ip, country, region, city, asn, network,
    changed_fields, reason, actor, caller, request_id, operation_id, denied_tokens
)
VALUES (
    ?, ?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''),
    ?, ?, ?, nullif(?, ''), ?, ?,
    nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''),
    ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), ?, nullif(?, ''),
    ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), ?
)
ON CONFLICT DO NOTHING
