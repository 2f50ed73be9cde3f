UPDATE notifications
SET acknowledged = 1, user_id = NULL
WHERE notification_id IN (SELECT value FROM json_each(?1)) AND lease_id = ?2 AND expires_at > ?3
RETURNING notification_id
