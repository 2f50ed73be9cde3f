DELETE FROM notifications
WHERE notification_id = ANY (ARRAY (
    SELECT notification_id FROM notifications WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
    FOR UPDATE SKIP LOCKED
))
RETURNING notification_id, acknowledged
