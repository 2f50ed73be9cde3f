INSERT OR REPLACE INTO tombstones (handle, unique_id, reason, ended_at, secret, tenant, cause, made_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
