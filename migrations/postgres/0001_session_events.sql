-- What happened to sessions: each one made, changed or ended, and each time that all of a user, of a
-- tenant or of everyone were signed out. Rows are added and never changed.
--
-- An event is known by event_id, which is derived from what happened. The time is part of the key so
-- that the table can be divided by it; an event has one time however often it is delivered, except for
-- a mass revocation that was repeated, which is looked up before it is added.
CREATE TABLE session_events (
    -- Grows in the order of arrival, which for one user is the order in which things happened.
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    event_id    uuid        NOT NULL,
    -- When it took effect: for a timeout, when the time was up.
    at          timestamptz NOT NULL,
    -- When it arrived here.
    recorded_at timestamptz NOT NULL DEFAULT now(),
    kind        text        NOT NULL
        CHECK (kind IN ('created', 'updated', 'rotated', 'ended', 'revoked_all')),
    -- Why it ended.
    end_reason  text        CHECK ((end_reason IS NOT NULL) = (kind = 'ended')),
    -- Whose sessions were revoked.
    scope       text        CHECK ((scope IS NOT NULL) = (kind = 'revoked_all')),
    -- Null where everyone's sessions were revoked.
    tenant      text,
    -- Null where a tenant's or everyone's sessions were revoked.
    user_id     text,
    -- The session and what it was like at that time; all null where the event is not about one session.
    session_id  text        CHECK ((session_id IS NULL) = (kind = 'revoked_all')),
    revision    bigint,
    policy      text,
    device_name text,
    ip          inet,
    country     text,
    city        text,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason      text,
    actor       text,
    caller      text,
    request_id  text,
    -- Serves: everything of a period.
    PRIMARY KEY (at, event_id)
);

-- Serves: what happened to a user's sessions, newest first.
CREATE INDEX session_events_of_user ON session_events (tenant, user_id, at DESC);

-- Serves: the life of one session.
CREATE INDEX session_events_of_session ON session_events (session_id, at) WHERE session_id IS NOT NULL;

-- Serves: whether a mass revocation is recorded already.
CREATE INDEX session_events_revoked_all ON session_events (event_id) WHERE kind = 'revoked_all';
