INSERT INTO forgotten_users AS present (who, at)
VALUES ($1, $2)
ON CONFLICT (who) DO UPDATE SET at = greatest(present.at, excluded.at)
