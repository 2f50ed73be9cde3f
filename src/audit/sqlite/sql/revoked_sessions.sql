-- A batch of the sessions that a mass revocation of everyone ends. The clocks of nodes, which set created_at, are close
-- to that of the store; the bound makes the index usable. The tenant is ignored.
SELECT session_id
FROM sessions INDEXED BY sessions_live
WHERE ended_at IS NULL AND created_at < ?1 + 60000 AND coalesce(stored_at, created_at) < ?1 AND ?3 IS NULL
LIMIT ?2
