-- Users of a bucket who may have a session that is over.
SELECT handle
FROM users
WHERE substr(handle, 1, 1) = ?1 AND due_at <= ?2
ORDER BY due_at
LIMIT ?3
