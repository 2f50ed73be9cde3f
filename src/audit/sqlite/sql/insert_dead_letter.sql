INSERT INTO refused_events (
    id, error, bucket, entry, kind, reason, at_millis, subject, owner, record, clock, cause
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
