INSERT INTO findings (bucket, alert, count, evicted, evicted_record)
VALUES (?1, ?2, ?3, ?4, ?5)
