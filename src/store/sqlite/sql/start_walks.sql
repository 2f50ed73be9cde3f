-- Every bucket is to be walked from its beginning.
INSERT OR REPLACE INTO walks (bucket, visited)
WITH RECURSIVE buckets (bucket) AS (
    VALUES (0)
    UNION ALL
    SELECT bucket + 1 FROM buckets WHERE bucket < 255
)
SELECT bucket, x'' FROM buckets
