-- Merges a row into the stored one, by the rule of ProjectedRow.
INSERT INTO sessions (
    session_id, tenant, user_id, revision, email, roles, policy, remembered,
    created_at, authenticated_at, auth_methods, assurance_level,
    last_active_at, idle_timeout, expires_at, ended_at, end_reason, reason, actor,
    device_id, device_name, device_type, device_first_seen, browser, os, user_agent,
    ip, country, region, city, latitude, longitude, accuracy_radius_km, asn, network, stored_at
)
VALUES (
    ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
)
ON CONFLICT (session_id) DO UPDATE SET
    revision = excluded.revision, email = excluded.email, roles = excluded.roles, policy = excluded.policy,
    remembered = excluded.remembered,
    authenticated_at = excluded.authenticated_at, auth_methods = excluded.auth_methods,
    assurance_level = excluded.assurance_level,
    last_active_at = max(sessions.last_active_at, excluded.last_active_at),
    idle_timeout = excluded.idle_timeout, expires_at = excluded.expires_at,
    ended_at = excluded.ended_at, end_reason = excluded.end_reason, reason = excluded.reason, actor = excluded.actor,
    device_id = excluded.device_id, device_name = excluded.device_name, device_type = excluded.device_type,
    device_first_seen = excluded.device_first_seen, browser = excluded.browser, os = excluded.os,
    user_agent = excluded.user_agent, ip = excluded.ip, country = excluded.country, region = excluded.region,
    city = excluded.city, latitude = excluded.latitude, longitude = excluded.longitude,
    accuracy_radius_km = excluded.accuracy_radius_km, asn = excluded.asn, network = excluded.network,
    stored_at = coalesce(sessions.stored_at, excluded.stored_at)
WHERE sessions.ended_at IS NULL
  AND (excluded.ended_at IS NOT NULL OR excluded.revision > sessions.revision)
