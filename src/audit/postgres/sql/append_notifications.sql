INSERT INTO notifications (notification_id, tenant, user_id, event_time, expires_at, queued_at, available_at)
SELECT draft.notification_id, draft.tenant, draft.user_id, draft.event_time, draft.expires_at, $6, $7
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
    AS draft (notification_id, tenant, user_id, event_time, expires_at)
WHERE NOT EXISTS (SELECT FROM notifications AS known WHERE known.notification_id = draft.notification_id)
ORDER BY draft.notification_id
LIMIT $8
ON CONFLICT DO NOTHING
