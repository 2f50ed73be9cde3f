-- Walks that are under way: when each began, and whether another one is owed for a mass revocation since then.
CREATE TABLE IF NOT EXISTS walk_progress (
    bucket     INTEGER NOT NULL PRIMARY KEY,
    begun_at   INTEGER NOT NULL,
    owes_again INTEGER NOT NULL
) STRICT
