UPDATE sessions
SET record = ?3
WHERE handle = ?1 AND unique_id = ?2
