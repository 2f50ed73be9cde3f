-- Persons who were forgotten, so that what happened before and arrives later is kept without them. A row
-- is removed when nothing from before can arrive any more. Times are milliseconds since the Unix epoch.
CREATE TABLE forgotten_users (
    -- A digest of tenant and user.
    who BLOB    PRIMARY KEY,
    -- What happened before this is kept without the person.
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
