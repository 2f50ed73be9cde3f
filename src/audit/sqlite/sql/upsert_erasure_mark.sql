INSERT INTO forgotten_users (who, at) VALUES (?, ?)
ON CONFLICT (who) DO UPDATE SET at = max(forgotten_users.at, excluded.at)
