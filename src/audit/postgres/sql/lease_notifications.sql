-- A row that another consumer is leasing at the moment is skipped, so no two get the same one.
WITH chosen AS (
    SELECT notification_id
    FROM notifications
    WHERE NOT acknowledged
        AND available_at <= $1
        AND expires_at > $1
        AND attempts < $2
        AND ($3::text[] IS NULL OR tenant = ANY ($3))
    ORDER BY available_at
    LIMIT $4
    FOR UPDATE SKIP LOCKED
),
leased AS (
    UPDATE notifications
    SET lease_id = $5, available_at = $6, attempts = attempts + 1
    FROM chosen
    WHERE notifications.notification_id = chosen.notification_id
    RETURNING
        notifications.notification_id, tenant, coalesce(user_id, '') AS user_id, attempts::bigint AS attempts,
        expires_at, queued_at
)
SELECT notification_id, tenant, user_id, attempts, expires_at FROM leased ORDER BY queued_at, notification_id
