-- A session that ended before a time also began before it. If its end was lost, it ended at its deadline at the latest.
DELETE FROM sessions
WHERE session_id IN (
    SELECT session_id
    FROM sessions INDEXED BY sessions_by_start
    WHERE created_at < ?1 AND (ended_at < ?1 OR ended_at IS NULL AND expires_at < ?1)
    ORDER BY created_at
    LIMIT ?2
)
