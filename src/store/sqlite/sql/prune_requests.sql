-- The oldest expired rows.
DELETE FROM requests
WHERE seq IN (SELECT seq FROM requests WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)
