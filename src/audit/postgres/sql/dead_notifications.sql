SELECT notification_id, tenant, coalesce(user_id, ''), attempts::bigint, queued_at
FROM notifications
WHERE NOT acknowledged
    AND expires_at > $1
    AND attempts >= $2
    AND available_at <= $1
    AND ($3::text[] IS NULL OR tenant = ANY ($3))
ORDER BY queued_at DESC, notification_id
LIMIT $4
