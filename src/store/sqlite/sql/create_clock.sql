-- The newest time known while the store was in use: one row.
CREATE TABLE IF NOT EXISTS clock (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT
