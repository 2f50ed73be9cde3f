-- The position in the stream stays, to keep the stream contiguous.
UPDATE alerts
SET user_id = NULL, session_id = NULL, device_id = NULL, ip = NULL, country = NULL, reason = '',
    detail = NULL, record = x''
WHERE tenant = ? AND user_id = ? AND event_time <= ?
