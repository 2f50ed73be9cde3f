INSERT INTO mass_revocations (event_id, at, tenant, reason, actor, caller, request_id, operation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (event_id) DO NOTHING
