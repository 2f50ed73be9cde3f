-- Quantiles of the durations of sessions that ended in a window, in milliseconds.
SELECT
    ARRAY(
        SELECT (extract(epoch FROM duration) * 1000)::bigint
        FROM unnest(percentile_disc($6::float8[]) WITHIN GROUP (ORDER BY at - started_at)) WITH ORDINALITY
            AS quantile (duration, place)
        WHERE duration IS NOT NULL
        ORDER BY place
    ) AS durations
FROM session_events
WHERE
    at >= $4::timestamptz AND at < $5::timestamptz AND kind = 'ended'
    AND ($1::text IS NULL OR tenant = $1)
    AND ($2::text[] IS NULL OR tenant = ANY ($2))
    AND ($3::text IS NULL OR user_id = $3)
