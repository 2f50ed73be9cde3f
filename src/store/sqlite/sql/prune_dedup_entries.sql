-- The oldest expired rows.
DELETE FROM matters
WHERE (handle, dedup_key) IN (SELECT handle, dedup_key FROM matters WHERE raised_at < ?1 ORDER BY raised_at LIMIT ?2)
