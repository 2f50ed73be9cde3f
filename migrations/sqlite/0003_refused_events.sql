-- Outbox entries that could not be read, or that the tables above do not take, kept as they were found
-- so that they stop nothing and nothing is lost. Empty in a healthy installation.
--
-- A record holds what a session held, an e-mail address and the hash of a token among it: whoever erases
-- a person's data looks here as well.
CREATE TABLE refused_events (
    -- Derived from the entry and where it lay, so that one found twice is kept once.
    id         TEXT    PRIMARY KEY,
    refused_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    -- What was wrong with it.
    error      TEXT    NOT NULL,
    -- Where it lay.
    bucket     INTEGER NOT NULL,
    entry      TEXT    NOT NULL,
    -- What it consisted of, in the stored forms of the session store.
    kind       INTEGER NOT NULL,
    reason     INTEGER NOT NULL,
    at_millis  INTEGER NOT NULL,
    subject    BLOB    NOT NULL,
    owner      BLOB    NOT NULL,
    record     BLOB    NOT NULL,
    clock      BLOB    NOT NULL,
    cause      BLOB    NOT NULL
) STRICT;
