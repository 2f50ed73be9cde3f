INSERT OR REPLACE INTO operations (handle, operation, ended, made_at)
VALUES (?1, ?2, ?3, ?4)
