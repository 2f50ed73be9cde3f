INSERT INTO credential_uses (credential, caller, last_used_at) VALUES (?, ?, ?)
ON CONFLICT (credential) DO UPDATE SET caller = excluded.caller, last_used_at = excluded.last_used_at
WHERE credential_uses.last_used_at < excluded.last_used_at
