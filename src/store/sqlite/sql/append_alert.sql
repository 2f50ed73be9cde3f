-- Not ON CONFLICT: a row that conflicts takes a number all the same, and the number after it would tell of a
-- hole where there is none.
INSERT INTO alerts (previous, alert_id, alert)
SELECT ?1, ?2, ?3
WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?2)
RETURNING position
