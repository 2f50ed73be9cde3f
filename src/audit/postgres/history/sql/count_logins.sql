-- Logins of a window by step, by country, by device type and by browser; only the most frequent countries and browsers.
-- A column that is not grouped by is null, and an unknown value is empty. `grouping` identifies the column, to rank
-- each.
WITH counted AS (
    SELECT
        grouping(step, country, device_type, browser) AS grouping, step, country, device_type, browser,
        count(*) AS logins
    FROM (
        SELECT
            (extract(epoch FROM at - $4) * 1000)::bigint / $6::bigint AS step,
            coalesce(country, '') COLLATE "C" AS country,
            coalesce(device_type, '') COLLATE "C" AS device_type,
            coalesce(browser, '') COLLATE "C" AS browser
        FROM login_events
        WHERE
            at >= $4::timestamptz AND at < $5::timestamptz
            AND ($1::text IS NULL OR tenant = $1)
            AND ($2::text[] IS NULL OR tenant = ANY ($2))
            AND ($3::text IS NULL OR user_id = $3)
    ) AS login
    GROUP BY GROUPING SETS ((step), (country), (device_type), (browser))
)
SELECT step, country, device_type, browser, logins
FROM (
    SELECT *, row_number() OVER (PARTITION BY grouping ORDER BY logins DESC, country, device_type, browser) AS place
    FROM counted
) AS placed
WHERE step IS NOT NULL OR place <= $7::bigint
ORDER BY place
