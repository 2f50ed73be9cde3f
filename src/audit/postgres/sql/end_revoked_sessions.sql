UPDATE sessions AS session
SET ended_at = revocation.at, end_reason = 'revoked_all', reason = revocation.reason, actor = revocation.actor
FROM mass_revocations AS revocation
WHERE session.session_id = ANY ($1::text[]) AND revocation.event_id = $2
