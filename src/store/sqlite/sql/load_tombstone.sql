SELECT reason, ended_at, secret, cause
FROM tombstones
WHERE handle = ?1 AND unique_id = ?2
