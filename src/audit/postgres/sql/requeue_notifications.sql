-- The lease stays: a consumer that delivered the notification late may still acknowledge it.
UPDATE notifications
SET attempts = 0, queued_at = $1, available_at = $1
WHERE notification_id = ANY (ARRAY (
    SELECT notification_id
    FROM notifications
    WHERE NOT acknowledged
        AND expires_at > $1
        AND attempts >= $2
        AND available_at <= $1
        AND ($3::text[] IS NULL OR tenant = ANY ($3))
        AND ($4::text[] IS NULL OR notification_id = ANY ($4))
    ORDER BY queued_at
    LIMIT $5
    FOR UPDATE SKIP LOCKED
))
