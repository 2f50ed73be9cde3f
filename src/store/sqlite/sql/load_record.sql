SELECT record
FROM sessions
WHERE handle = ?1 AND unique_id = ?2
