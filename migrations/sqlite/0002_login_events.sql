-- Who signed in, when, from where and how: one row for each session made, in more detail than
-- session_events keeps. Rows are added and never changed, but for a person who is forgotten. E-mail
-- addresses, roles and data of sessions are not kept; neither are tokens, nor anything made from them.
--
-- Times are milliseconds since the Unix epoch, addresses are 16 bytes, lists JSON arrays.
CREATE TABLE login_events (
    -- Grows in the order of arrival, which for one user is the order in which things happened.
    seq               INTEGER PRIMARY KEY,
    -- That of the session's "created" in session_events.
    event_id          TEXT    NOT NULL UNIQUE,
    at                INTEGER NOT NULL,
    -- When it arrived here.
    recorded_at       INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    tenant            TEXT    NOT NULL,
    -- Null where the user was forgotten, as is the session's id.
    user_id           TEXT,
    session_id        TEXT,
    policy            TEXT    NOT NULL,
    -- Made with "remember this device": 0 or 1.
    remembered        INTEGER NOT NULL,
    -- The session's absolute deadline as of the login.
    expires_at        INTEGER NOT NULL,
    -- When and how the user proved who they are; the methods are a JSON array.
    authenticated_at  INTEGER NOT NULL,
    auth_methods      TEXT    NOT NULL,
    assurance_level   INTEGER NOT NULL,
    -- Where from. Null where unknown.
    ip                BLOB,
    country           TEXT,
    region            TEXT,
    city              TEXT,
    asn               INTEGER,
    network           TEXT,
    -- What with. Null where unknown.
    device_id         TEXT,
    device_name       TEXT,
    device_type       TEXT,
    device_first_seen INTEGER NOT NULL,
    browser           TEXT,
    os                TEXT,
    user_agent        TEXT,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason            TEXT,
    actor             TEXT,
    caller            TEXT,
    request_id        TEXT
) STRICT;

-- Serves: the logins of a period.
CREATE INDEX login_events_at ON login_events (at, event_id);

-- Serves: the logins of a user, newest first.
CREATE INDEX login_events_of_user ON login_events (tenant, user_id, at DESC, event_id DESC);
