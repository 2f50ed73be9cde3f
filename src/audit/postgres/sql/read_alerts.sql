SELECT major, minor, previous_major, previous_minor, record
FROM alerts
WHERE (major, minor) > ($1, $2) AND (major, minor) <= ($3, $4)
ORDER BY major, minor
FETCH FIRST ($5) ROWS WITH TIES
