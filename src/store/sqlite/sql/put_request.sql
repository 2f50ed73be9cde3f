INSERT OR REPLACE INTO requests (handle, request, body, nonce, key_id, unique_id, made_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
