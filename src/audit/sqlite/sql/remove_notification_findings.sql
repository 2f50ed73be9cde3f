DELETE FROM notification_findings WHERE notification_id IN (SELECT value FROM json_each(?1))
