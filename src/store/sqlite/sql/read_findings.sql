SELECT seq, alert, count, evicted, evicted_record
FROM findings
WHERE bucket = ?1
ORDER BY seq
LIMIT ?2
