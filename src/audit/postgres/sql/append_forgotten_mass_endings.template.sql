-- The endings of sessions by a mass revocation that is not finished, with the columns that erase_session_events.template.sql
-- keeps. Of several such revocations the first counts, as it ends the session.
INSERT INTO session_events ({columns})
SELECT {values}
FROM unnest($1::text[], $2::uuid[]) AS ending (session_id, event_id)
JOIN sessions AS session ON session.session_id = ending.session_id
CROSS JOIN LATERAL (
    SELECT at, caller
    FROM mass_revocations
    WHERE
        finished_at IS NULL
        AND (tenant IS NULL OR tenant = session.tenant)
        AND coalesce(session.stored_at, session.created_at) < at
    ORDER BY at
    LIMIT 1
) AS revocation
WHERE session.ended_at IS NULL
ON CONFLICT DO NOTHING
