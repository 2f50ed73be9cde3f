SELECT notification_id, tenant, coalesce(user_id, ''), attempts, queued_at
FROM notifications
WHERE NOT acknowledged
    AND expires_at > ?1
    AND attempts >= ?2
    AND available_at <= ?1
    AND (?3 IS NULL OR tenant IN (SELECT value FROM json_each(?3)))
ORDER BY queued_at DESC, notification_id
LIMIT ?4
