-- Sessions whose absolute deadline has long passed and whose end was never recorded, because it was lost with their
-- store.
UPDATE sessions
SET ended_at = expires_at, end_reason = 'expired'
WHERE session_id IN (
    SELECT session_id
    FROM sessions INDEXED BY sessions_live
    WHERE ended_at IS NULL AND expires_at < ?1
    LIMIT ?2
)
