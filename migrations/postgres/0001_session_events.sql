-- What happened to sessions: each one made, changed or ended, and each time that all of a user, of a
-- tenant or of everyone were signed out. Rows are added and never changed, but for a person who is
-- forgotten: their rows stay and lose what tells who it was.
--
-- An event is known by event_id, which is derived from what happened. The time is part of the key so
-- that the table can be divided by it; an event has one time however often it is delivered, except for
-- a mass revocation that was repeated, which is looked up before it is added.
--
-- Divided by months of UTC. The service makes the partitions ahead and drops those whose time is up;
-- what belongs to none of them goes into the default one and is kept as well.
CREATE TABLE session_events (
    -- Grows in the order of arrival, which for one user is the order in which things happened.
    seq             bigint GENERATED ALWAYS AS IDENTITY,
    event_id        uuid        NOT NULL,
    -- When it took effect: for a timeout, when the time was up.
    at              timestamptz NOT NULL,
    -- When it arrived here.
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    kind            text        NOT NULL
        CHECK (kind IN ('created', 'updated', 'rotated', 'ended', 'revoked_all', 'auth_failed',
                        'tokens_denied', 'call_refused', 'user_forgotten')),
    -- Why it ended.
    end_reason      text        CHECK ((end_reason IS NOT NULL) = (kind = 'ended')),
    -- How signing in failed.
    auth_event_kind text        CHECK ((auth_event_kind IS NOT NULL) = (kind = 'auth_failed')),
    -- Whose sessions were revoked: user, tenant, everyone.
    scope           text        CHECK ((scope IS NOT NULL) = (kind = 'revoked_all')),
    -- Null where it concerns every tenant.
    tenant          text,
    -- Null where it is not about one user, or the user was forgotten.
    user_id         text,
    -- The session and what it was like at that time; all null where the event is not about one session.
    session_id      text COLLATE "C",
    -- When the session was made.
    started_at      timestamptz,
    revision        bigint,
    policy          text,
    auth_methods    text[],
    assurance_level bigint,
    device_id       text,
    device_name     text,
    device_type     text,
    browser         text,
    os              text,
    ip              inet,
    country         text,
    region          text,
    city            text,
    asn             bigint,
    network         text,
    -- Of an update: the fields that it named. Their values are not kept.
    changed_fields  text[],
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason          text,
    actor           text,
    caller          text,
    request_id      text,
    operation_id    text,
    -- Serves: everything of a period, in the order in which it took effect.
    PRIMARY KEY (at, event_id)
) PARTITION BY RANGE (at);

CREATE TABLE session_events_default PARTITION OF session_events DEFAULT;

-- Serves: what happened to a user's sessions, latest first.
CREATE INDEX session_events_of_user ON session_events (tenant, user_id, at DESC, event_id DESC);

-- Serves: the life of one session.
CREATE INDEX session_events_of_session ON session_events (session_id, at) WHERE session_id IS NOT NULL;

-- Serves: what was done from an address or a network.
CREATE INDEX session_events_from_address ON session_events (ip, at DESC) WHERE ip IS NOT NULL;

-- Serves: what was done on somebody's behalf.
CREATE INDEX session_events_of_actor ON session_events (actor, at DESC) WHERE actor IS NOT NULL;

-- Serves: whether a mass revocation is recorded already.
CREATE INDEX session_events_revoked_all ON session_events (event_id) WHERE kind = 'revoked_all';
