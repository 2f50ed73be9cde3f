-- Events of the kind alert_acknowledged, with the alert and its answer. The first form of the table accepted no further
-- kinds, and SQLite cannot change that in place, so the table is copied.
CREATE TABLE session_events_next (
    -- Grows in the order of arrival, which for one user is the order in which things happened.
    seq             INTEGER PRIMARY KEY,
    -- Derived from what happened, so that an event delivered twice is kept once.
    event_id        TEXT    NOT NULL UNIQUE,
    -- When it took effect: for a timeout, when the time was up.
    at              INTEGER NOT NULL,
    -- When it arrived here.
    recorded_at     INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    -- A release may add kinds.
    kind            TEXT        NOT NULL,
    -- Why it ended.
    end_reason      TEXT        CHECK ((end_reason IS NOT NULL) = (kind = 'ended')),
    -- How signing in failed.
    auth_event_kind TEXT        CHECK ((auth_event_kind IS NOT NULL) = (kind = 'auth_failed')),
    -- Whose sessions were revoked: user, tenant, everyone.
    scope           TEXT        CHECK ((scope IS NOT NULL) = (kind = 'revoked_all')),
    -- Null where it concerns every tenant.
    tenant          TEXT,
    -- Null where it is not about one user, or the user was forgotten.
    user_id         TEXT,
    -- The session and what it was like at that time; all null where the event is not about one session.
    session_id      TEXT,
    -- When the session was made.
    started_at      INTEGER,
    revision        INTEGER,
    policy          TEXT,
    auth_methods    TEXT,
    assurance_level INTEGER,
    device_id       TEXT,
    device_name     TEXT,
    device_type     TEXT,
    browser         TEXT,
    os              TEXT,
    ip              BLOB,
    country         TEXT,
    region          TEXT,
    city            TEXT,
    asn             INTEGER,
    network         TEXT,
    -- Of an update: the fields that it named. Their values are not kept.
    changed_fields  TEXT,
    -- What the caller stated, the caller as it was authenticated, and the call. Null where not stated.
    reason          TEXT,
    actor           TEXT,
    caller          TEXT,
    request_id      TEXT,
    operation_id    TEXT,
    -- The JWTs that a tokens_denied event is about, each as 'sha256:' and its digest or as 'jti:' and its ID.
    denied_tokens   TEXT,
    -- The alert that an alert_acknowledged event is about, and its answer.
    alert_id        TEXT,
    alert_verdict   TEXT
) STRICT;

INSERT INTO session_events_next (
    seq, event_id, at, recorded_at, kind, end_reason, auth_event_kind, scope, tenant, user_id,
    session_id, started_at, revision, policy, auth_methods, assurance_level, device_id, device_name,
    device_type, browser, os, ip, country, region, city, asn, network, changed_fields, reason,
    actor, caller, request_id, operation_id, denied_tokens
)
SELECT
    seq, event_id, at, recorded_at, kind, end_reason, auth_event_kind, scope, tenant, user_id,
    session_id, started_at, revision, policy, auth_methods, assurance_level, device_id, device_name,
    device_type, browser, os, ip, country, region, city, asn, network, changed_fields, reason,
    actor, caller, request_id, operation_id, denied_tokens
FROM session_events;

DROP TABLE session_events;
ALTER TABLE session_events_next RENAME TO session_events;

-- Serves: everything of a period, in the order in which it took effect.
CREATE INDEX session_events_at ON session_events (at, event_id);

-- Serves: what happened to a user's sessions, latest first.
CREATE INDEX session_events_of_user ON session_events (tenant, user_id, at DESC, event_id DESC);

-- Serves: the life of one session.
CREATE INDEX session_events_of_session ON session_events (session_id, at) WHERE session_id IS NOT NULL;

-- Serves: what was done from an address or a network.
CREATE INDEX session_events_from_address ON session_events (ip, at DESC) WHERE ip IS NOT NULL;

-- Serves: what was done on somebody's behalf.
CREATE INDEX session_events_of_actor ON session_events (actor, at DESC) WHERE actor IS NOT NULL;

-- Serves: one alert by its ID.
CREATE INDEX alerts_by_id ON alerts (alert_id);
