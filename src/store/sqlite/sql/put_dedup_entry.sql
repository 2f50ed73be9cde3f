INSERT OR REPLACE INTO matters (handle, dedup_key, raised_at, found)
VALUES (?1, ?2, ?3, ?4)
