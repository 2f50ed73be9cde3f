-- Without ON CONFLICT: a conflicting row would still consume a position, and the next position would indicate a gap
-- that does not exist.
INSERT INTO alerts (previous, alert_id, alert)
SELECT ?1, ?2, ?3
WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?2)
RETURNING position
