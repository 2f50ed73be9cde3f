SELECT event_id
FROM session_events
WHERE kind = 'revoked_all' AND event_id = ANY ($1::uuid[])
