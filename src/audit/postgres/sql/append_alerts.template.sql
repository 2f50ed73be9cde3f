INSERT INTO alerts ({columns}, after_gap)
SELECT
    {values},
    NOT follows AND (previous_major, previous_minor) <> (0, 0) AND NOT EXISTS (
        SELECT FROM alerts AS existing
        WHERE (existing.major, existing.minor) = (alert.previous_major, alert.previous_minor)
    )
FROM unnest({arrays}, ${follows}::boolean[]) AS alert ({columns}, follows)
ON CONFLICT DO NOTHING
