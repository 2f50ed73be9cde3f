-- The newest by arrival stays, or the next one would get a number that readers in the order of recording have passed.
DELETE FROM session_events
WHERE seq IN (
    SELECT seq FROM session_events WHERE at < ? AND seq < (SELECT max(seq) FROM session_events) ORDER BY at LIMIT ?
)
