-- The newest time known while the store was in use: one row.
CREATE TABLE IF NOT EXISTS clock (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

-- Sweeps in progress: the start of each, and whether another sweep must follow because of a later mass revocation.
CREATE TABLE IF NOT EXISTS walk_progress (
    bucket     INTEGER NOT NULL PRIMARY KEY,
    begun_at   INTEGER NOT NULL,
    owes_again INTEGER NOT NULL
) STRICT;
