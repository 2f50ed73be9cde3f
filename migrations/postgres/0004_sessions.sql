-- Sessions as they last were, live and ended: what session_events tells, summed up for looking things
-- up. May be behind it in last_active_at only, which is brought up to date now and then.
--
-- Ended sessions are removed when their events are. What a row holds of its person is erased when the
-- person is forgotten. Of the session's own data nothing is kept.
CREATE TABLE sessions (
    session_id        text COLLATE "C" PRIMARY KEY,
    tenant            text        NOT NULL,
    user_id           text        NOT NULL,
    revision          bigint      NOT NULL,
    email             text,
    roles             text[]      NOT NULL,
    policy            text        NOT NULL,
    -- Made with "remember this device".
    remembered        boolean     NOT NULL,
    created_at        timestamptz NOT NULL,
    authenticated_at  timestamptz NOT NULL,
    auth_methods      text[]      NOT NULL,
    assurance_level   bigint      NOT NULL,
    last_active_at    timestamptz NOT NULL,
    -- Milliseconds without use after which it ends. 0: none.
    idle_timeout      bigint      NOT NULL,
    -- The absolute deadline.
    expires_at        timestamptz NOT NULL,
    -- Null while it is live.
    ended_at          timestamptz,
    end_reason        text        CHECK ((end_reason IS NULL) = (ended_at IS NULL)),
    -- What the caller who ended it stated. Null where not stated.
    reason            text,
    actor             text,
    -- What with. Null where unknown.
    device_id         text,
    device_name       text,
    device_type       text,
    device_first_seen boolean     NOT NULL,
    browser           text,
    os                text,
    user_agent        text,
    -- Where from. Null where unknown.
    ip                inet,
    country           text,
    region            text,
    city              text,
    latitude          double precision,
    longitude         double precision,
    accuracy_radius_km bigint,
    asn               bigint,
    network           text
);

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
