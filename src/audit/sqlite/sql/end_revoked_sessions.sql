UPDATE sessions
SET ended_at = revocation.at, end_reason = 'revoked_all', reason = revocation.reason, actor = revocation.actor
FROM mass_revocations AS revocation
WHERE sessions.session_id = ?1 AND revocation.event_id = ?2
