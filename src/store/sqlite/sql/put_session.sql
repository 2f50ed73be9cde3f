INSERT INTO sessions (handle, unique_id, clock, record)
VALUES (?1, ?2, ?3, ?4)
