SELECT uuid_send(event_id)
FROM session_events
WHERE kind = 'revoked_all' AND event_id IN (SELECT encode(id, 'hex')::uuid FROM unnest($1::bytea[]) AS id)
