UPDATE session_events
SET {erased}
WHERE tenant = ?1 AND user_id = ?2 AND (at <= ?3 OR started_at <= ?3)
