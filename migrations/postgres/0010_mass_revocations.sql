-- Mass revocations of a tenant or of everyone whose sessions are ended here, a part at a time: one event stands for all of
-- their endings. Every session of the scope that was stored before the time of the revocation is over since then.
CREATE TABLE mass_revocations (
    event_id     uuid        NOT NULL PRIMARY KEY,
    at           timestamptz NOT NULL,
    -- Null where everyone was signed out.
    tenant       text,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason       text,
    actor        text,
    caller       text,
    request_id   text,
    operation_id text,
    -- Null while sessions may be left to end.
    finished_at  timestamptz
);

-- Serves: those that are not finished, oldest first.
CREATE INDEX mass_revocations_unfinished ON mass_revocations (at) WHERE finished_at IS NULL;

-- When the session was stored, by the clock of the session store, and never before a mass revocation that it was made
-- after. Null of sessions from before this column.
ALTER TABLE sessions ADD COLUMN stored_at timestamptz;

-- Serves: the live sessions of a tenant, earliest start first.
CREATE INDEX sessions_live_of_tenant ON sessions (tenant, created_at) WHERE ended_at IS NULL;
