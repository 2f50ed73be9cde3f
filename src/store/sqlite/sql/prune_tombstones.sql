-- The oldest expired rows.
DELETE FROM tombstones
WHERE seq IN (SELECT seq FROM tombstones WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)
