-- Alerts that were raised, as the stream of alerts had them, and beyond the time for which that keeps
-- them. Removed when their time is up, or when the person they are about is forgotten.
CREATE TABLE alerts (
    -- Where it lay in the stream, and the alert before it: what a cursor goes on from.
    major          bigint      NOT NULL,
    minor          bigint      NOT NULL,
    previous_major bigint      NOT NULL,
    previous_minor bigint      NOT NULL,
    alert_id       uuid        NOT NULL,
    tenant         text        NOT NULL,
    -- Null where it is not about one user, session or device.
    user_id        text,
    session_id     text COLLATE "C",
    device_id      text,
    rule           text        NOT NULL,
    rule_version   bigint      NOT NULL,
    -- 1 to 5, the numbers of OCSF's severity_id.
    severity       smallint    NOT NULL,
    -- When what was found happened, and when it was found.
    event_time     timestamptz NOT NULL,
    detected_time  timestamptz NOT NULL,
    -- Where from. Null where unknown.
    ip             inet,
    country        text,
    -- For administrators and analysts.
    reason         text        NOT NULL,
    -- The evidence of the rule.
    detail         jsonb,
    -- The alert as a whole, in the stored form of the session store.
    record         bytea       NOT NULL,
    -- Serves: what came after a cursor. A stream that went back in a failover may have used a place twice.
    PRIMARY KEY (major, minor, alert_id)
);

-- Serves: the alerts of a user, latest first.
CREATE INDEX alerts_of_user ON alerts (tenant, user_id, event_time DESC);

-- Serves: the alerts of a period, and those whose time is up.
CREATE INDEX alerts_by_time ON alerts (event_time DESC);
