-- Merges a row into the stored one, by the rule of ProjectedRow.
INSERT INTO sessions ({columns})
VALUES ({values})
ON CONFLICT (session_id) DO UPDATE SET
    {replaced},
    stored_at = coalesce(sessions.stored_at, excluded.stored_at),
    last_active_at = max(sessions.last_active_at, excluded.last_active_at)
WHERE sessions.ended_at IS NULL
  AND (excluded.ended_at IS NOT NULL OR excluded.revision > sessions.revision)
