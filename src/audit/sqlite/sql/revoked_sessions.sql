-- Sessions that a mass revocation of everyone ends, some of them. The clocks of nodes, which created_at is by, are near
-- that of the store; the bound lets the index serve. The tenant is not looked at.
SELECT session_id
FROM sessions INDEXED BY sessions_live
WHERE ended_at IS NULL AND created_at < ?1 + 60000 AND coalesce(stored_at, created_at) < ?1 AND ?3 IS NULL
LIMIT ?2
