UPDATE notifications
SET lease_id = ?5, available_at = ?6, attempts = attempts + 1
WHERE notification_id IN (
    SELECT notification_id
    FROM notifications
    WHERE NOT acknowledged
        AND available_at <= ?1
        AND expires_at > ?1
        AND attempts < ?2
        AND (?3 IS NULL OR tenant IN (SELECT value FROM json_each(?3)))
    ORDER BY available_at
    LIMIT ?4
)
RETURNING notification_id, tenant, coalesce(user_id, ''), attempts, expires_at
