SELECT users.owner, sessions.record, sessions.clock
FROM sessions
JOIN users USING (handle)
WHERE handle = ?1 AND unique_id = ?2
