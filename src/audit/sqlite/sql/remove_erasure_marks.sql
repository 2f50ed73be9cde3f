DELETE FROM forgotten_users
WHERE who IN (SELECT who FROM forgotten_users WHERE at < ? LIMIT ?)
