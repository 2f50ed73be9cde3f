-- The oldest events of each bucket in a range, if it has any. The query skips from bucket to bucket in the index, so
-- the cost does not depend on the length of the outbox.
WITH RECURSIVE pending (bucket) AS (
    SELECT min(bucket) FROM outbox WHERE bucket BETWEEN ?2 AND ?3
    UNION ALL
    SELECT (SELECT min(bucket) FROM outbox WHERE bucket > pending.bucket AND bucket <= ?3)
    FROM pending
    WHERE pending.bucket IS NOT NULL
)
SELECT event.seq, event.bucket, event.kind, event.reason, event.subject, event.owner, event.at,
    event.clock, event.cause, event.record
FROM pending
CROSS JOIN outbox AS event
WHERE event.seq IN (SELECT seq FROM outbox WHERE bucket = pending.bucket ORDER BY seq LIMIT ?1)
ORDER BY event.seq
