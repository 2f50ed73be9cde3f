-- The position in the stream stays, to keep the stream contiguous.
UPDATE alerts
SET {erased}
WHERE tenant = ? AND user_id = ? AND event_time <= ?
