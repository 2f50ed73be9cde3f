INSERT INTO credential_uses AS existing (credential, caller, last_used_at)
SELECT credential, caller, last_used_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS used (credential, caller, last_used_at)
ORDER BY credential
ON CONFLICT (credential) DO UPDATE SET caller = excluded.caller, last_used_at = excluded.last_used_at
WHERE existing.last_used_at < excluded.last_used_at
