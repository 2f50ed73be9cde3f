INSERT INTO generations (scope, generation, at, cause)
VALUES (?1, (SELECT coalesce(max(generation), 0) + 1 FROM generations), ?2, ?3)
ON CONFLICT (scope) DO UPDATE SET generation = excluded.generation, at = excluded.at, cause = excluded.cause
