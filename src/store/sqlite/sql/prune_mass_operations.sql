-- The oldest expired rows.
DELETE FROM mass_operations
WHERE operation IN (SELECT operation FROM mass_operations WHERE made_at < ?1 ORDER BY made_at LIMIT ?2)
