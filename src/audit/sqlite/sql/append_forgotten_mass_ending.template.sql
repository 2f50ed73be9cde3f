-- The ending of a session by a mass revocation that is not finished, with the columns that erase_session_events.template.sql
-- keeps. Of several such revocations the first counts, as it ends the session.
INSERT INTO session_events ({columns})
SELECT {values}
FROM sessions AS session
JOIN mass_revocations AS revocation
    ON (revocation.tenant IS NULL OR revocation.tenant = session.tenant)
    AND coalesce(session.stored_at, session.created_at) < revocation.at
WHERE session.session_id = ?2 AND session.ended_at IS NULL AND revocation.finished_at IS NULL
ORDER BY revocation.at
LIMIT 1
ON CONFLICT DO NOTHING
