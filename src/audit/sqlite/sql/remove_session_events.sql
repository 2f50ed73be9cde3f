DELETE FROM session_events
WHERE seq IN (SELECT seq FROM session_events WHERE at < ? ORDER BY at LIMIT ?)
