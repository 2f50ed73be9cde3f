-- Which audit database this is, and which session store its events come from. Both ids are random.
CREATE TABLE binding (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    audit    BLOB    NOT NULL,
    -- NULL until a node has bound the store.
    store    BLOB
) STRICT;

INSERT INTO binding (audit) VALUES (randomblob(16));
