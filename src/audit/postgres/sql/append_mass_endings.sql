-- The endings of sessions by a mass revocation, as the session store would record each.
INSERT INTO session_events (
    event_id, at, kind, end_reason, tenant, user_id, session_id, started_at, revision, policy, auth_methods,
    assurance_level, device_id, device_name, device_type, browser, os, ip, country, region, city, asn, network, reason,
    actor, caller, request_id, operation_id
)
SELECT
    ending.event_id, revocation.at, 'ended', 'revoked_all', session.tenant, session.user_id, session.session_id,
    session.created_at, session.revision, session.policy, session.auth_methods, session.assurance_level,
    session.device_id, session.device_name, session.device_type, session.browser, session.os, session.ip,
    session.country, session.region, session.city, session.asn, session.network, revocation.reason, revocation.actor,
    revocation.caller, revocation.request_id, revocation.operation_id
FROM unnest($1::text[], $2::uuid[]) AS ending (session_id, event_id)
JOIN sessions AS session ON session.session_id = ending.session_id
JOIN mass_revocations AS revocation ON revocation.event_id = $3
ON CONFLICT DO NOTHING
