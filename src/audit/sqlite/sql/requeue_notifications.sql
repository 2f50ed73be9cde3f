-- The lease stays: a consumer that delivered the notification late may still acknowledge it.
UPDATE notifications
SET attempts = 0, queued_at = ?1, available_at = ?1
WHERE notification_id IN (
    SELECT notification_id
    FROM notifications
    WHERE NOT acknowledged
        AND expires_at > ?1
        AND attempts >= ?2
        AND available_at <= ?1
        AND (?3 IS NULL OR tenant IN (SELECT value FROM json_each(?3)))
        AND (?4 IS NULL OR notification_id IN (SELECT value FROM json_each(?4)))
    ORDER BY queued_at
    LIMIT ?5
)
