-- The latest mass revocation that applies to a tenant, given the tenant's scope.
SELECT generation, at, cause
FROM generations
WHERE scope IN (CAST('*' AS BLOB), ?1)
ORDER BY generation DESC
LIMIT 1
