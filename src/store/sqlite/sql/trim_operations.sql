-- Deletes the rows of a user except the newest.
DELETE FROM operations
WHERE seq IN (
    SELECT seq FROM operations WHERE handle = ?1 ORDER BY made_at DESC, seq DESC LIMIT -1 OFFSET ?2
)
