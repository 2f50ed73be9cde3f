SELECT body, nonce, key_id, unique_id
FROM requests
WHERE handle = ?1 AND request = ?2 AND made_at >= ?3
