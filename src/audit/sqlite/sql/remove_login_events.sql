DELETE FROM login_events
WHERE seq IN (SELECT seq FROM login_events WHERE at < ? ORDER BY at LIMIT ?)
