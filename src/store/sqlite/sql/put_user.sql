INSERT INTO users (handle, owner, due_at)
VALUES (?1, ?2, ?3)
ON CONFLICT (handle) DO UPDATE SET due_at = excluded.due_at
