UPDATE notifications
SET available_at = $4
WHERE notification_id = ANY ($1) AND lease_id = $2 AND expires_at > $3 AND NOT acknowledged
RETURNING notification_id
