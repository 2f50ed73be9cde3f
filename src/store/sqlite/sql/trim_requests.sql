-- Deletes the rows of a user except the newest.
DELETE FROM requests
WHERE seq IN (
    SELECT seq FROM requests WHERE handle = ?1 ORDER BY made_at DESC, seq DESC LIMIT -1 OFFSET ?2
)
