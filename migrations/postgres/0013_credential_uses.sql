-- When each credential of a caller was last used, to the hour.
CREATE TABLE credential_uses (
    -- The ID of an API key, or a SPIFFE ID.
    credential   text        PRIMARY KEY,
    -- The name of the caller at that time.
    caller       text        NOT NULL,
    last_used_at timestamptz NOT NULL
);
