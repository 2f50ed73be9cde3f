UPDATE login_events
SET {erased}
WHERE tenant = ? AND user_id = ? AND at <= ?
