UPDATE notifications
SET acknowledged = true, user_id = NULL
WHERE notification_id = ANY ($1) AND lease_id = $2 AND expires_at > $3
RETURNING notification_id
