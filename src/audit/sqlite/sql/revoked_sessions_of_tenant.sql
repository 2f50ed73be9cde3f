-- A batch of the sessions that a mass revocation of a tenant ends. See revoked_sessions.sql.
SELECT session_id
FROM sessions INDEXED BY sessions_live_of_tenant
WHERE tenant = ?3 AND ended_at IS NULL AND created_at < ?1 + 60000 AND coalesce(stored_at, created_at) < ?1
LIMIT ?2
