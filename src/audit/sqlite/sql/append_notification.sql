INSERT INTO notifications (notification_id, tenant, user_id, event_time, expires_at, queued_at, available_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING
