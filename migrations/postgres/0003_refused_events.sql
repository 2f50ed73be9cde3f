-- Outbox entries that could not be read, or that the tables above do not take, kept as they were found
-- so that they stop nothing and nothing is lost. Empty in a healthy installation.
--
-- A record holds what a session held, an e-mail address and the hash of a token among it: whoever erases
-- a person's data looks here as well.
CREATE TABLE refused_events (
    -- Derived from the entry and where it lay, so that one found twice is kept once.
    id         uuid        PRIMARY KEY,
    refused_at timestamptz NOT NULL DEFAULT now(),
    -- What was wrong with it.
    error      text        NOT NULL,
    -- Where it lay.
    bucket     smallint    NOT NULL,
    entry      text        NOT NULL,
    -- What it consisted of, in the stored forms of the session store.
    kind       smallint    NOT NULL,
    reason     smallint    NOT NULL,
    at_millis  bigint      NOT NULL,
    subject    bytea       NOT NULL,
    owner      bytea       NOT NULL,
    record     bytea       NOT NULL,
    clock      bytea       NOT NULL,
    cause      bytea       NOT NULL
);
