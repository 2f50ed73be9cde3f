-- Users in the order of their handles: after one, and up to another.
SELECT handle
FROM users
WHERE handle > ?1 AND handle <= ?2
ORDER BY handle
LIMIT ?3
