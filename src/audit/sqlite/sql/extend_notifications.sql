UPDATE notifications
SET available_at = ?4
WHERE notification_id IN (SELECT value FROM json_each(?1))
    AND lease_id = ?2
    AND expires_at > ?3
    AND NOT acknowledged
RETURNING notification_id
