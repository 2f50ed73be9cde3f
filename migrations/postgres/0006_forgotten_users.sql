-- Persons who were forgotten, so that what happened before and arrives later is kept without them. A row
-- is removed when nothing from before can arrive any more.
CREATE TABLE forgotten_users (
    -- A digest of tenant and user.
    who bytea       PRIMARY KEY,
    -- What happened before this is kept without the person.
    at  timestamptz NOT NULL
);
