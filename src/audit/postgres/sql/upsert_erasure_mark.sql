INSERT INTO forgotten_users AS existing (who, at)
VALUES ($1, $2)
ON CONFLICT (who) DO UPDATE SET at = greatest(existing.at, excluded.at)
