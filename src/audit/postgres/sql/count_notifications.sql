SELECT
    count(*) FILTER (WHERE attempts < $2 AND (available_at <= $1 OR lease_id IS NULL)) AS waiting,
    count(*) FILTER (WHERE lease_id IS NOT NULL AND available_at > $1) AS leased,
    count(*) FILTER (WHERE attempts >= $2 AND available_at <= $1) AS dead,
    min(queued_at) FILTER (WHERE attempts < $2 OR available_at > $1) AS oldest
FROM notifications
WHERE NOT acknowledged AND expires_at > $1 AND ($3::text[] IS NULL OR tenant = ANY ($3))
