INSERT INTO login_events (
    event_id, at, tenant, user_id, session_id, policy, remembered, expires_at,
    authenticated_at, auth_methods, assurance_level,
    ip, country, region, city, asn, network,
    device_id, device_name, device_type, device_first_seen, browser, os, user_agent,
    reason, actor, caller, request_id
)
VALUES (
    ?, ?, ?, nullif(?, ''), ?, ?, ?, ?,
    ?, ?, ?,
    ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), ?, nullif(?, ''),
    nullif(?, ''), nullif(?, ''), nullif(?, ''), ?, nullif(?, ''), nullif(?, ''), nullif(?, ''),
    nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, '')
)
ON CONFLICT DO NOTHING
