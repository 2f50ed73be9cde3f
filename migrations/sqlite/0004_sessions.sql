-- Sessions as they last were, live and ended: what session_events tells, summed up for looking things
-- up. May be behind it in last_active_at only, which is brought up to date now and then.
--
-- Ended sessions are removed when their events are. What a row holds of its person is erased when the
-- person is forgotten. Of the session's own data nothing is kept.
--
-- Times are milliseconds since the Unix epoch, addresses are 16 bytes, lists JSON arrays.
CREATE TABLE sessions (
    session_id        TEXT    PRIMARY KEY,
    tenant            TEXT    NOT NULL,
    user_id           TEXT    NOT NULL,
    revision          INTEGER NOT NULL,
    email             TEXT,
    roles             TEXT    NOT NULL,
    policy            TEXT    NOT NULL,
    -- Made with "remember this device": 0 or 1.
    remembered        INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    authenticated_at  INTEGER NOT NULL,
    auth_methods      TEXT    NOT NULL,
    assurance_level   INTEGER NOT NULL,
    last_active_at    INTEGER NOT NULL,
    -- Milliseconds without use after which it ends. 0: none.
    idle_timeout      INTEGER NOT NULL,
    -- The absolute deadline.
    expires_at        INTEGER NOT NULL,
    -- Null while it is live.
    ended_at          INTEGER,
    end_reason        TEXT    CHECK ((end_reason IS NULL) = (ended_at IS NULL)),
    -- What the caller who ended it stated. Null where not stated.
    reason            TEXT,
    actor             TEXT,
    -- What with. Null where unknown.
    device_id         TEXT,
    device_name       TEXT,
    device_type       TEXT,
    device_first_seen INTEGER NOT NULL,
    browser           TEXT,
    os                TEXT,
    user_agent        TEXT,
    -- Where from. Null where unknown.
    ip                BLOB,
    country           TEXT,
    region            TEXT,
    city              TEXT,
    latitude          REAL,
    longitude         REAL,
    accuracy_radius_km INTEGER,
    asn               INTEGER,
    network           TEXT
) STRICT, WITHOUT ROWID;

-- Serves: sessions of everybody, latest start first; those whose time is up, earliest start first.
CREATE INDEX sessions_by_start ON sessions (created_at DESC, session_id DESC);

-- Serves: live sessions, latest start first; how many there are.
CREATE INDEX sessions_live ON sessions (created_at DESC, session_id DESC) WHERE ended_at IS NULL;

-- Serves: the sessions of a user, latest start first.
CREATE INDEX sessions_of_user ON sessions (tenant, user_id, created_at DESC, session_id DESC);

-- Serves: the sessions of a device.
CREATE INDEX sessions_on_device ON sessions (device_id, created_at DESC) WHERE device_id IS NOT NULL;

-- Serves: the sessions from an address or a network.
CREATE INDEX sessions_from_address ON sessions (ip, created_at DESC) WHERE ip IS NOT NULL;
