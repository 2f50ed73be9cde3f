-- Erases a batch. A ctid is unique only within a partition, so the conditions are repeated: other rows with the same
-- ctid are left alone, unless they belong to the user as well.
UPDATE session_events
SET {erased}
WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM session_events WHERE tenant = $1 AND user_id = $2 AND (at <= $3 OR started_at <= $3) LIMIT $4
    ))
    AND tenant = $1 AND user_id = $2 AND (at <= $3 OR started_at <= $3)
