-- The newest alert stays, however old it is.
DELETE FROM alerts
WHERE position <= ?1
    OR position <= ?3 AND position < coalesce(
        (
            SELECT min(position)
            FROM alerts
            WHERE at >= min(CAST(round(unixepoch('subsec') * 1000) AS INTEGER), ?4) - ?2
        ),
        (SELECT max(position) FROM alerts)
    )
