UPDATE sessions
SET clock = ?3
WHERE handle = ?1 AND unique_id = ?2
