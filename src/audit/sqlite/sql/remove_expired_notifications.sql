DELETE FROM notifications
WHERE notification_id IN (
    SELECT notification_id FROM notifications WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2
)
RETURNING notification_id, acknowledged <> 0
