SELECT (SELECT count(*) FROM outbox), (SELECT written_at FROM outbox ORDER BY seq LIMIT 1)
