SELECT event_id, at, tenant
FROM mass_revocations
WHERE finished_at IS NULL AND at <= ?1
ORDER BY at
LIMIT 1
