-- Deletes the entries of a user except those that raised an alert last.
DELETE FROM matters
WHERE handle = ?1 AND dedup_key IN (
    SELECT dedup_key FROM matters WHERE handle = ?1 ORDER BY raised_at DESC, dedup_key DESC LIMIT -1 OFFSET ?2
)
