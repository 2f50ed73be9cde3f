-- Mass revocations of a tenant or of everyone whose sessions are ended here, a part at a time: one event stands for all of
-- their endings. Every session of the scope that was stored before the time of the revocation is over since then.
--
-- Times are milliseconds since the Unix epoch.
CREATE TABLE mass_revocations (
    event_id     TEXT    NOT NULL PRIMARY KEY,
    at           INTEGER NOT NULL,
    -- Null where everyone was signed out.
    tenant       TEXT,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason       TEXT,
    actor        TEXT,
    caller       TEXT,
    request_id   TEXT,
    operation_id TEXT,
    -- Null while sessions may be left to end.
    finished_at  INTEGER
) STRICT, WITHOUT ROWID;

-- Serves: those that are not finished, oldest first.
CREATE INDEX mass_revocations_unfinished ON mass_revocations (at) WHERE finished_at IS NULL;

-- When the session was stored, by the clock of the session store, and never before a mass revocation that it was made
-- after. Null of sessions from before this column.
ALTER TABLE sessions ADD COLUMN stored_at INTEGER;

-- Serves: the live sessions of a tenant, earliest start first.
CREATE INDEX sessions_live_of_tenant ON sessions (tenant, created_at) WHERE ended_at IS NULL;
