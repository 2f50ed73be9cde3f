-- The ending of a session by a mass revocation, as the session store would record it.
INSERT INTO session_events ({columns})
SELECT {values}
FROM sessions AS session JOIN mass_revocations AS revocation ON revocation.event_id = ?3
WHERE session.session_id = ?2
ON CONFLICT DO NOTHING
