-- The event recorded last stays. Otherwise the next event could get a number that readers in recording order have
-- passed.
DELETE FROM session_events
WHERE seq IN (
    SELECT seq FROM session_events WHERE at < ? AND seq < (SELECT max(seq) FROM session_events) ORDER BY at LIMIT ?
)
