DELETE FROM credential_uses
WHERE credential IN (SELECT credential FROM credential_uses WHERE last_used_at < ? LIMIT ?)
