-- A page of the alerts of some tenants. Of other tenants it has only the first and the last row of the page and the
-- rows after a gap, without their records, to show whether alerts are missing.
WITH part AS (
    SELECT major, minor, alert_id
    FROM (
        SELECT own.major, own.minor, own.alert_id
        FROM unnest($6::text[]) AS wanted (tenant)
        CROSS JOIN LATERAL (
            SELECT major, minor, alert_id
            FROM alerts
            WHERE alerts.tenant = wanted.tenant AND (major, minor) > ($1, $2) AND (major, minor) <= ($3, $4)
            ORDER BY major, minor
            LIMIT $5
        ) AS own
        UNION
        (
            SELECT major, minor, alert_id
            FROM alerts
            WHERE after_gap AND (major, minor) > ($1, $2) AND (major, minor) <= ($3, $4)
            ORDER BY major, minor
            LIMIT $5
        )
    ) AS rows
    ORDER BY major, minor, alert_id
    LIMIT $5
),
last_of_full_part AS (
    SELECT major, minor
    FROM part
    WHERE (SELECT count(*) FROM part) >= $5
    ORDER BY major DESC, minor DESC
    LIMIT 1
),
reach AS (
    SELECT
        coalesce((SELECT major FROM last_of_full_part), $3) AS major,
        coalesce((SELECT minor FROM last_of_full_part), $4) AS minor
),
page AS (
    SELECT major, minor, alert_id FROM part
    UNION
    (
        SELECT major, minor, alert_id
        FROM alerts
        WHERE (major, minor) > ($1, $2)
            AND (major, minor) <= ((SELECT major FROM reach), (SELECT minor FROM reach))
        ORDER BY major, minor
        LIMIT 1
    )
    UNION
    (
        SELECT major, minor, alert_id
        FROM alerts
        WHERE (major, minor) > ($1, $2)
            AND (major, minor) <= ((SELECT major FROM reach), (SELECT minor FROM reach))
        ORDER BY major DESC, minor DESC
        LIMIT 1
    )
    UNION
    -- A position that was used twice is read as a whole, or its second row would be skipped by the next page.
    SELECT major, minor, alert_id
    FROM alerts
    WHERE (major, minor) = ((SELECT major FROM reach), (SELECT minor FROM reach))
)
SELECT
    alert.major, alert.minor, alert.previous_major, alert.previous_minor,
    CASE WHEN alert.tenant = ANY($6::text[]) THEN alert.record ELSE ''::bytea END AS record,
    alert.after_gap, before.major, before.minor
FROM page
INNER JOIN alerts AS alert USING (major, minor, alert_id)
LEFT JOIN LATERAL (
    SELECT earlier.major, earlier.minor
    FROM alerts AS earlier
    WHERE alert.after_gap AND (earlier.major, earlier.minor) < (alert.major, alert.minor)
    ORDER BY earlier.major DESC, earlier.minor DESC
    LIMIT 1
) AS before ON true
ORDER BY alert.major, alert.minor, alert.alert_id
