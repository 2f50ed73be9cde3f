DELETE FROM webhook_messages
WHERE (endpoint, message_id) IN (SELECT endpoint, message_id FROM webhook_messages WHERE occurred_at < ? LIMIT ?)
