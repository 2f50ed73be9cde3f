-- What happened to sessions: each one made, changed or ended, and each time that all of a user, of a
-- tenant or of everyone were signed out. Rows are added and never changed. Times are milliseconds since
-- the Unix epoch.
CREATE TABLE session_events (
    -- Grows in the order of arrival, which for one user is the order in which things happened.
    seq         INTEGER PRIMARY KEY,
    -- Derived from what happened, so that an event delivered twice is kept once.
    event_id    TEXT    NOT NULL UNIQUE,
    -- When it took effect: for a timeout, when the time was up.
    at          INTEGER NOT NULL,
    -- When it arrived here.
    recorded_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    kind        TEXT    NOT NULL
        CHECK (kind IN ('created', 'updated', 'rotated', 'ended', 'revoked_all')),
    -- Why it ended.
    end_reason  TEXT    CHECK ((end_reason IS NOT NULL) = (kind = 'ended')),
    -- Whose sessions were revoked.
    scope       TEXT    CHECK ((scope IS NOT NULL) = (kind = 'revoked_all')),
    -- Null where everyone's sessions were revoked.
    tenant      TEXT,
    -- Null where a tenant's or everyone's sessions were revoked.
    user_id     TEXT,
    -- The session and what it was like at that time; all null where the event is not about one session.
    session_id  TEXT    CHECK ((session_id IS NULL) = (kind = 'revoked_all')),
    revision    INTEGER,
    policy      TEXT,
    device_name TEXT,
    ip          TEXT,
    country     TEXT,
    city        TEXT,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason      TEXT,
    actor       TEXT,
    caller      TEXT,
    request_id  TEXT
) STRICT;

-- Serves: everything of a period.
CREATE INDEX session_events_at ON session_events (at, event_id);

-- Serves: what happened to a user's sessions, newest first.
CREATE INDEX session_events_of_user ON session_events (tenant, user_id, at DESC);

-- Serves: the life of one session.
CREATE INDEX session_events_of_session ON session_events (session_id, at) WHERE session_id IS NOT NULL;
