-- Merges the results of events into the stored rows, by the rule of ProjectedRow. Returns the rows that it wrote; of
-- the others at most the last activity is new. The order is the same for every writer, which prevents deadlocks.
INSERT INTO sessions AS existing (
    session_id, tenant, user_id, revision, email, roles, policy, remembered, created_at,
    authenticated_at, auth_methods, assurance_level, last_active_at, idle_timeout, expires_at,
    ended_at, end_reason, reason, actor, device_id, device_name, device_type, device_first_seen,
    browser, os, user_agent, ip, country, region, city, latitude, longitude, accuracy_radius_km,
    asn, network, stored_at
)
SELECT
    session_id, tenant, user_id, revision, email, string_to_array(roles, E'\n'), policy, remembered,
    created_at, authenticated_at, string_to_array(auth_methods, E'\n'), assurance_level,
    last_active_at, idle_timeout, expires_at, ended_at, end_reason, reason, actor, device_id,
    device_name, device_type, device_first_seen, browser, os, user_agent, ip, country, region, city,
    latitude, longitude, accuracy_radius_km, asn, network, stored_at
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
    $8::boolean[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::bigint[],
    $13::timestamptz[], $14::bigint[], $15::timestamptz[], $16::timestamptz[], $17::text[],
    $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::boolean[], $24::text[],
    $25::text[], $26::text[], $27::inet[], $28::text[], $29::text[], $30::text[], $31::float8[],
    $32::float8[], $33::bigint[], $34::bigint[], $35::text[],
    $36::timestamptz[]
) AS session (
    session_id, tenant, user_id, revision, email, roles, policy, remembered, created_at,
    authenticated_at, auth_methods, assurance_level, last_active_at, idle_timeout, expires_at,
    ended_at, end_reason, reason, actor, device_id, device_name, device_type, device_first_seen,
    browser, os, user_agent, ip, country, region, city, latitude, longitude, accuracy_radius_km,
    asn, network, stored_at
)
ORDER BY session_id COLLATE "C"
ON CONFLICT (session_id) DO UPDATE SET
    revision = excluded.revision, email = excluded.email, roles = excluded.roles,
    policy = excluded.policy, remembered = excluded.remembered,
    authenticated_at = excluded.authenticated_at, auth_methods = excluded.auth_methods,
    assurance_level = excluded.assurance_level, idle_timeout = excluded.idle_timeout,
    expires_at = excluded.expires_at, ended_at = excluded.ended_at,
    end_reason = excluded.end_reason, reason = excluded.reason, actor = excluded.actor,
    device_id = excluded.device_id, device_name = excluded.device_name,
    device_type = excluded.device_type, device_first_seen = excluded.device_first_seen,
    browser = excluded.browser, os = excluded.os, user_agent = excluded.user_agent,
    ip = excluded.ip, country = excluded.country, region = excluded.region, city = excluded.city,
    latitude = excluded.latitude, longitude = excluded.longitude,
    accuracy_radius_km = excluded.accuracy_radius_km, asn = excluded.asn,
    network = excluded.network, stored_at = coalesce(existing.stored_at, excluded.stored_at),
    last_active_at = greatest(existing.last_active_at, excluded.last_active_at)
WHERE existing.ended_at IS NULL AND (excluded.ended_at IS NOT NULL OR excluded.revision > existing.revision)
RETURNING session_id
