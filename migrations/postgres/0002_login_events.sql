-- Who signed in, when, from where and how: one row for each session made, in more detail than
-- session_events keeps. Rows are added and never changed, but for a person who is forgotten. E-mail
-- addresses, roles and data of sessions are not kept; neither are tokens, nor anything made from them.
--
-- Divided by months, as session_events is.
CREATE TABLE login_events (
    -- Grows in the order of arrival, which for one user is the order in which things happened.
    seq               bigint GENERATED ALWAYS AS IDENTITY,
    -- That of the session's "created" in session_events.
    event_id          uuid        NOT NULL,
    at                timestamptz NOT NULL,
    -- When it arrived here.
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    tenant            text        NOT NULL,
    -- Null where the user was forgotten, as is the session's id.
    user_id           text,
    session_id        text COLLATE "C",
    policy            text        NOT NULL,
    -- Made with "remember this device".
    remembered        boolean     NOT NULL,
    -- The session's absolute deadline as of the login.
    expires_at        timestamptz NOT NULL,
    -- When and how the user proved who they are.
    authenticated_at  timestamptz NOT NULL,
    auth_methods      text[]      NOT NULL,
    assurance_level   bigint      NOT NULL,
    -- Where from. Null where unknown.
    ip                inet,
    country           text,
    region            text,
    city              text,
    asn               bigint,
    network           text,
    -- What with. Null where unknown.
    device_id         text,
    device_name       text,
    device_type       text,
    device_first_seen boolean     NOT NULL,
    browser           text,
    os                text,
    user_agent        text,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason            text,
    actor             text,
    caller            text,
    request_id        text,
    -- Serves: the logins of a period.
    PRIMARY KEY (at, event_id)
) PARTITION BY RANGE (at);

CREATE TABLE login_events_default PARTITION OF login_events DEFAULT;

-- Serves: the logins of a user, newest first.
CREATE INDEX login_events_of_user ON login_events (tenant, user_id, at DESC, event_id DESC);
