-- Which audit database this is, and which session store its events come from. Both ids are random.
CREATE TABLE binding (
    only_row BOOLEAN NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    audit    BYTEA   NOT NULL DEFAULT decode(replace(gen_random_uuid()::text, '-', ''), 'hex'),
    -- NULL until a node has bound the store.
    store    BYTEA
);

INSERT INTO binding DEFAULT VALUES;

-- The newest checkpoint of each server of the session store, by one of its buckets, in milliseconds since the Unix epoch.
CREATE TABLE store_checkpoints (
    bucket     SMALLINT NOT NULL PRIMARY KEY,
    checkpoint BIGINT   NOT NULL
);
