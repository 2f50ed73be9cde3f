-- The oldest expired rows.
DELETE FROM histories
WHERE handle IN (SELECT handle FROM histories WHERE keep_until < ?1 ORDER BY keep_until LIMIT ?2)
