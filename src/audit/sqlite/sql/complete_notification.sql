-- A notification with all its findings need not wait. One that was leased keeps the time of its lease.
UPDATE notifications
SET available_at = ?2
WHERE notification_id = ?1 AND available_at > ?2 AND lease_id IS NULL AND NOT acknowledged
