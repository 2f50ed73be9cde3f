-- The position in the stream stays, to keep the stream contiguous.
UPDATE alerts
SET {erased}
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM alerts WHERE tenant = $1 AND user_id = $2 AND event_time <= $3 LIMIT $4
))
