INSERT INTO session_events (
    event_id, at, kind, end_reason, scope, tenant, user_id, session_id, revision,
    policy, device_name, ip, country, city, reason, actor, caller, request_id
)
VALUES (
    ?, ?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), ?, ?,
    nullif(?, ''), nullif(?, ''), ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''),
    nullif(?, ''), nullif(?, '')
)
ON CONFLICT DO NOTHING
