-- Merges the results of events into the stored rows, by the rule of ProjectedRow. Returns the rows that it wrote; of
-- the others at most the last activity is new. The order is the same for every writer, which prevents deadlocks.
INSERT INTO sessions AS existing ({columns})
SELECT {values}
FROM unnest({arrays}) AS session ({columns})
ORDER BY session_id COLLATE "C"
ON CONFLICT (session_id) DO UPDATE SET
    {replaced},
    stored_at = coalesce(existing.stored_at, excluded.stored_at),
    last_active_at = greatest(existing.last_active_at, excluded.last_active_at)
WHERE existing.ended_at IS NULL AND (excluded.ended_at IS NOT NULL OR excluded.revision > existing.revision)
RETURNING session_id
