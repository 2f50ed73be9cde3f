SELECT
    *,
    coalesce((
        SELECT device_first_seen FROM sessions WHERE sessions.session_id = session_events.session_id
    ), false) AS device_first_seen
FROM session_events
WHERE
    ($1::text IS NULL OR tenant = $1)
    AND ($2::text[] IS NULL OR tenant = ANY ($2))
    AND ($3::text IS NULL OR user_id = $3)
    AND ($4::text IS NULL OR session_id = $4)
    AND ($5::text[] IS NULL OR kind = ANY ($5))
    AND ($6::text IS NULL OR end_reason = $6)
    AND ($7::text IS NULL OR actor = $7)
    AND ($8::text IS NULL OR country = $8)
    AND ($9::inet IS NULL OR ip >= $9)
    AND ($10::inet IS NULL OR ip <= $10)
    AND ($11::timestamptz IS NULL OR at >= $11)
    AND ($12::timestamptz IS NULL OR at < $12)
    AND ($13::timestamptz IS NULL OR (at, event_id) < ($13, $14::uuid))
ORDER BY at DESC, event_id DESC
LIMIT $15::bigint
