INSERT INTO session_events (
    event_id, at, kind, end_reason, scope, tenant, user_id, session_id, started_at, revision,
    policy, auth_methods, assurance_level, device_id, device_name, device_type, browser, os, ip,
    country, region, city, asn, network, changed_fields, reason, actor, caller, request_id,
    operation_id, denied_tokens
)
SELECT
    event_id, at, kind, end_reason, scope, tenant, user_id, session_id, started_at, revision,
    policy, string_to_array(auth_methods, E'\n'), assurance_level, device_id, device_name,
    device_type, browser, os, ip, country, region, city, asn, network,
    string_to_array(changed_fields, E'\n'), reason, actor, caller, request_id, operation_id,
    string_to_array(denied_tokens, E'\n')
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::bigint[], $11::text[], $12::text[], $13::bigint[],
    $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::inet[], $20::text[],
    $21::text[], $22::text[], $23::bigint[], $24::text[], $25::text[], $26::text[], $27::text[],
    $28::text[], $29::text[], $30::text[], $31::text[]
) AS event (
    event_id, at, kind, end_reason, scope, tenant, user_id, session_id, started_at, revision,
    policy, auth_methods, assurance_level, device_id, device_name, device_type, browser, os, ip,
    country, region, city, asn, network, changed_fields, reason, actor, caller, request_id,
    operation_id, denied_tokens
)
ON CONFLICT DO NOTHING
RETURNING event_id
