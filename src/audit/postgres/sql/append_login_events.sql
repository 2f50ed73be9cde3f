INSERT INTO login_events (
    event_id, at, tenant, user_id, session_id, policy, remembered, expires_at, authenticated_at,
    auth_methods, assurance_level, ip, country, region, city, asn, network, device_id, device_name,
    device_type, device_first_seen, browser, os, user_agent, reason, actor, caller, request_id
)
SELECT
    event_id, at, tenant, user_id, session_id, policy, remembered, expires_at, authenticated_at,
    string_to_array(auth_methods, E'\n'), assurance_level, ip, country, region, city, asn, network,
    device_id, device_name, device_type, device_first_seen, browser, os, user_agent, reason, actor,
    caller, request_id
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[],
    $8::timestamptz[], $9::timestamptz[], $10::text[], $11::bigint[], $12::inet[], $13::text[],
    $14::text[], $15::text[], $16::bigint[], $17::text[], $18::text[], $19::text[], $20::text[],
    $21::boolean[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[],
    $28::text[]
) AS login (
    event_id, at, tenant, user_id, session_id, policy, remembered, expires_at, authenticated_at,
    auth_methods, assurance_level, ip, country, region, city, asn, network, device_id, device_name,
    device_type, device_first_seen, browser, os, user_agent, reason, actor, caller, request_id
)
ON CONFLICT DO NOTHING
