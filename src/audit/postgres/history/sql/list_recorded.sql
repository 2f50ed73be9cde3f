SELECT
    seq, event_id, at, recorded_at, kind, end_reason, auth_event_kind, tenant, user_id, session_id,
    coalesce(revision, 0) AS revision, coalesce(policy, '') AS policy, coalesce(auth_methods, '{}') AS auth_methods,
    coalesce(assurance_level, 0) AS assurance_level,
    coalesce(device_id, '') AS device_id, coalesce(device_name, '') AS device_name,
    coalesce(device_type, '') AS device_type,
    coalesce((
        SELECT device_first_seen FROM sessions WHERE sessions.session_id = session_events.session_id
    ), false) AS device_first_seen,
    coalesce(browser, '') AS browser, coalesce(os, '') AS os,
    ip, coalesce(country, '') AS country, coalesce(region, '') AS region, coalesce(city, '') AS city,
    coalesce(asn, 0) AS asn, coalesce(network, '') AS network,
    coalesce(changed_fields, '{}') AS changed_fields, coalesce(reason, '') AS reason, coalesce(actor, '') AS actor,
    coalesce(caller, '') AS caller, coalesce(request_id, '') AS request_id,
    coalesce(operation_id, '') AS operation_id, coalesce(denied_tokens, '{}') AS denied_tokens
FROM session_events
WHERE
    ($1::text IS NULL OR tenant = $1)
    AND ($2::text[] IS NULL OR tenant = ANY ($2))
    AND ($3::text IS NULL OR user_id = $3)
    AND ($4::text IS NULL OR session_id = $4)
    AND ($5::text[] IS NULL OR kind = ANY ($5))
    AND ($6::text IS NULL OR end_reason = $6)
    AND ($7::text IS NULL OR actor = $7)
    AND ($8::text IS NULL OR country = $8)
    AND ($9::inet IS NULL OR ip >= $9)
    AND ($10::inet IS NULL OR ip <= $10)
    AND ($11::timestamptz IS NULL OR at >= $11)
    AND ($12::timestamptz IS NULL OR at < $12)
    AND seq > $13::bigint
    AND seq <= $14::bigint
    AND ($15::timestamptz IS NULL OR recorded_at >= $15)
ORDER BY seq
LIMIT $16::bigint
