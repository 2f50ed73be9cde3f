INSERT INTO alerts ({columns}, after_gap)
SELECT
    {columns},
    (previous_major, previous_minor) <> (0, 0) AND NOT EXISTS (
        SELECT 1
        FROM alerts AS existing
        WHERE (existing.major, existing.minor) = (alert.previous_major, alert.previous_minor)
    )
FROM (SELECT {named_values}) AS alert
WHERE true
ON CONFLICT DO NOTHING
