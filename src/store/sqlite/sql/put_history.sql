INSERT INTO histories (handle, version, history, keep_until)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (handle) DO UPDATE SET
    version = excluded.version, history = excluded.history, keep_until = excluded.keep_until
