SELECT reason, ended_at, secret, tenant, cause
FROM tombstones
WHERE handle = ?1 AND unique_id = ?2
