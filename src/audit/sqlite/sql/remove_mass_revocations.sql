DELETE FROM mass_revocations
WHERE event_id IN (SELECT event_id FROM mass_revocations WHERE at < ?1 AND finished_at IS NOT NULL LIMIT ?2)
