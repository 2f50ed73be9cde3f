-- A stream that went back in a failover may have had the alert at two positions.
SELECT major, minor, previous_major, previous_minor, record
FROM alerts
WHERE alert_id = ?1
ORDER BY major, minor
LIMIT 1
