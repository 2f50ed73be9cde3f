-- Sweeps in progress: the start of each, and whether another sweep must follow because of a later mass revocation.
CREATE TABLE IF NOT EXISTS walk_progress (
    bucket     INTEGER NOT NULL PRIMARY KEY,
    begun_at   INTEGER NOT NULL,
    owes_again INTEGER NOT NULL
) STRICT
