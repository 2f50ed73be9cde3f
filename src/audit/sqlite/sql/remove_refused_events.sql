DELETE FROM refused_events
WHERE id IN (SELECT id FROM refused_events WHERE refused_at < ? LIMIT ?)
