DELETE FROM alerts
WHERE position <= ?1
    OR position <= ?3 AND position < (
        SELECT min(position) FROM alerts WHERE at >= CAST(round(unixepoch('subsec') * 1000) AS INTEGER) - ?2
    )
