UPDATE sessions SET last_seen = ?2
WHERE session_id = ?1 AND coalesce(json_extract(last_seen, '$.at'), 0) <= ?3
