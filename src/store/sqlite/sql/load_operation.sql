SELECT ended
FROM operations
WHERE handle = ?1 AND operation = ?2 AND made_at >= ?3
