-- The oldest expired rows.
DELETE FROM floors
WHERE handle IN (SELECT handle FROM floors WHERE floor < ?1 ORDER BY floor LIMIT ?2)
