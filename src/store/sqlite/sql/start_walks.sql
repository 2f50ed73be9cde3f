-- Every bucket is to be walked from its beginning; one that is being walked, once more after that.
INSERT OR IGNORE INTO walks (bucket, visited)
WITH RECURSIVE buckets (bucket) AS (
    VALUES (0)
    UNION ALL
    SELECT bucket + 1 FROM buckets WHERE bucket < 255
)
SELECT bucket, x'' FROM buckets
