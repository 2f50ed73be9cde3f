-- Schedules a sweep of every bucket from its beginning. A bucket whose sweep is in progress keeps its cursor and is
-- swept again after that.
INSERT OR IGNORE INTO walks (bucket, visited)
WITH RECURSIVE buckets (bucket) AS (
    VALUES (0)
    UNION ALL
    SELECT bucket + 1 FROM buckets WHERE bucket < 255
)
SELECT bucket, x'' FROM buckets
