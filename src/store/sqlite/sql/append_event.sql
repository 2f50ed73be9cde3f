INSERT INTO outbox (bucket, kind, reason, subject, owner, at, clock, cause, record)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
