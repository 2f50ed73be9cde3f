-- A page of the alerts of some tenants. Of other tenants it has only the first and the last row of the page and the
-- rows after a gap, without their records, to show whether alerts are missing.
WITH own AS (
    SELECT major, minor, alert_id
    FROM alerts
    WHERE tenant IN (SELECT value FROM json_each(?6)) AND (major, minor) > (?1, ?2) AND (major, minor) <= (?3, ?4)
    ORDER BY major, minor, alert_id
    LIMIT ?5
),
gaps AS (
    SELECT major, minor, alert_id
    FROM alerts
    WHERE after_gap = 1 AND (major, minor) > (?1, ?2) AND (major, minor) <= (?3, ?4)
    ORDER BY major, minor, alert_id
    LIMIT ?5
),
part AS (
    SELECT major, minor, alert_id
    FROM (SELECT * FROM own UNION SELECT * FROM gaps)
    ORDER BY major, minor, alert_id
    LIMIT ?5
),
last_of_full_part AS (
    SELECT major, minor
    FROM part
    WHERE (SELECT count(*) FROM part) >= ?5
    ORDER BY major DESC, minor DESC
    LIMIT 1
),
reach AS (
    SELECT
        coalesce((SELECT major FROM last_of_full_part), ?3) AS major,
        coalesce((SELECT minor FROM last_of_full_part), ?4) AS minor
),
first_row AS (
    SELECT major, minor, alert_id
    FROM alerts
    WHERE (major, minor) > (?1, ?2) AND (major, minor) <= (SELECT major, minor FROM reach)
    ORDER BY major, minor
    LIMIT 1
),
last_row AS (
    SELECT major, minor, alert_id
    FROM alerts
    WHERE (major, minor) > (?1, ?2) AND (major, minor) <= (SELECT major, minor FROM reach)
    ORDER BY major DESC, minor DESC
    LIMIT 1
),
page AS (
    SELECT * FROM part
    UNION
    SELECT * FROM first_row
    UNION
    SELECT * FROM last_row
    UNION
    -- A position that was used twice is read as a whole, or its second row would be skipped by the next page.
    SELECT major, minor, alert_id FROM alerts WHERE (major, minor) = (SELECT major, minor FROM reach)
)
SELECT
    alert.major, alert.minor, alert.previous_major, alert.previous_minor,
    CASE WHEN alert.tenant IN (SELECT value FROM json_each(?6)) THEN alert.record ELSE x'' END AS record,
    alert.after_gap,
    CASE WHEN alert.after_gap = 1 THEN (
        SELECT earlier.major
        FROM alerts AS earlier
        WHERE (earlier.major, earlier.minor) < (alert.major, alert.minor)
        ORDER BY earlier.major DESC, earlier.minor DESC
        LIMIT 1
    ) END AS before_major,
    CASE WHEN alert.after_gap = 1 THEN (
        SELECT earlier.minor
        FROM alerts AS earlier
        WHERE (earlier.major, earlier.minor) < (alert.major, alert.minor)
        ORDER BY earlier.major DESC, earlier.minor DESC
        LIMIT 1
    ) END AS before_minor
FROM page
INNER JOIN alerts AS alert USING (major, minor, alert_id)
ORDER BY alert.major, alert.minor, alert.alert_id
