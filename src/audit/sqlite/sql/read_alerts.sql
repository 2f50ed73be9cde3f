-- A position that was used twice is read as a whole, or its second row would be skipped by the next page.
WITH part AS (
    SELECT major, minor
    FROM alerts
    WHERE (major, minor) > (?1, ?2) AND (major, minor) <= (?3, ?4)
    ORDER BY major, minor
    LIMIT ?5
)
SELECT major, minor, previous_major, previous_minor, record
FROM alerts
WHERE (major, minor) > (?1, ?2)
    AND (major, minor) <= (SELECT major, minor FROM part ORDER BY major DESC, minor DESC LIMIT 1)
ORDER BY major, minor, alert_id
