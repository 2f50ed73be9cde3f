-- Which audit database this is, and which session store its events come from. Both ids are random.
CREATE TABLE binding (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    audit    BLOB    NOT NULL,
    -- NULL until a node has bound the store.
    store    BLOB
) STRICT;

INSERT INTO binding (audit) VALUES (randomblob(16));

-- The newest checkpoint of each server of the session store, by one of its buckets, in milliseconds since the Unix epoch.
CREATE TABLE store_checkpoints (
    bucket     INTEGER NOT NULL PRIMARY KEY,
    checkpoint INTEGER NOT NULL
) STRICT;
