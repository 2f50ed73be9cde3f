-- The oldest expired rows.
DELETE FROM operations
WHERE seq IN (SELECT seq FROM operations WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)
