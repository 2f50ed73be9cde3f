-- Users in handle order, after one handle and up to another.
SELECT handle
FROM users
WHERE handle > ?1 AND handle <= ?2
ORDER BY handle
LIMIT ?3
