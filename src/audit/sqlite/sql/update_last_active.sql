UPDATE sessions SET last_active_at = ?2 WHERE session_id = ?1 AND last_active_at < ?2 AND ended_at IS NULL
