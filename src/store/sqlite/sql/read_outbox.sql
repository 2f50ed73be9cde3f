-- The oldest events of each of some buckets that has any. The buckets are found by skipping from one to the
-- next in the index, so that a long outbox costs no more than a short one.
WITH RECURSIVE waiting (bucket) AS (
    SELECT min(bucket) FROM outbox WHERE bucket BETWEEN ?2 AND ?3
    UNION ALL
    SELECT (SELECT min(bucket) FROM outbox WHERE bucket > waiting.bucket AND bucket <= ?3)
    FROM waiting
    WHERE waiting.bucket IS NOT NULL
)
SELECT event.seq, event.bucket, event.kind, event.reason, event.subject, event.owner, event.at,
    event.clock, event.cause, event.record
FROM waiting
CROSS JOIN outbox AS event
WHERE event.seq IN (SELECT seq FROM outbox WHERE bucket = waiting.bucket ORDER BY seq LIMIT ?1)
ORDER BY event.seq
