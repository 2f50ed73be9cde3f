-- When each credential of a caller was last used, to the hour.
CREATE TABLE credential_uses (
    -- The ID of an API key, or a SPIFFE ID.
    credential   TEXT    PRIMARY KEY,
    -- The name of the caller at that time.
    caller       TEXT    NOT NULL,
    -- Milliseconds since the Unix epoch.
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
