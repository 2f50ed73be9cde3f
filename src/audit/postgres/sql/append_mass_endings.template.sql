-- The endings of sessions by a mass revocation, as the session store would record each.
INSERT INTO session_events ({columns})
SELECT {values}
FROM unnest($1::text[], $2::uuid[]) AS ending (session_id, event_id)
JOIN sessions AS session ON session.session_id = ending.session_id
JOIN mass_revocations AS revocation ON revocation.event_id = $3
ON CONFLICT DO NOTHING
