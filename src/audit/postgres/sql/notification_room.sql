-- The number of these notifications that are known, and the number for which there is room.
SELECT
    (SELECT count(*) FROM notifications WHERE notification_id = ANY ($1)),
    greatest(0, $2 - (SELECT count(*) FROM (SELECT FROM notifications WHERE NOT acknowledged LIMIT $2) AS waiting))
