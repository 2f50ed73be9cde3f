-- Users of a bucket that may have a session whose time is up.
SELECT handle
FROM users
WHERE substr(handle, 1, 1) = ?1 AND due_at <= ?2
ORDER BY due_at
LIMIT ?3
