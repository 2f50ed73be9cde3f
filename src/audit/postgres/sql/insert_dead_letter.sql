INSERT INTO refused_events (
    id, error, bucket, entry, kind, reason, at_millis, subject, owner, record, clock, cause
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT DO NOTHING
