INSERT INTO session_events (
    event_id, at, kind, end_reason, scope, tenant, user_id, session_id, revision,
    policy, device_name, ip, country, city, reason, actor, caller, request_id
)
SELECT
    encode(event_id, 'hex')::uuid, at, kind, nullif(end_reason, ''), nullif(scope, ''),
    nullif(tenant, ''), nullif(user_id, ''), session_id, revision,
    nullif(policy, ''), nullif(device_name, ''), ip, nullif(country, ''), nullif(city, ''),
    nullif(reason, ''), nullif(actor, ''), nullif(caller, ''), nullif(request_id, '')
FROM unnest(
    $1::bytea[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::bigint[], $10::text[], $11::text[], $12::inet[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::text[]
) AS event (
    event_id, at, kind, end_reason, scope, tenant, user_id, session_id, revision,
    policy, device_name, ip, country, city, reason, actor, caller, request_id
)
ON CONFLICT DO NOTHING
