-- Alerts that were raised, as the stream of alerts had them, and beyond the time for which that keeps
-- them. Removed when their time is up, or when the person they are about is forgotten.
--
-- Times are milliseconds since the Unix epoch, addresses are 16 bytes.
CREATE TABLE alerts (
    -- Where it lay in the stream, and the alert before it: what a cursor goes on from.
    major          INTEGER NOT NULL,
    minor          INTEGER NOT NULL,
    previous_major INTEGER NOT NULL,
    previous_minor INTEGER NOT NULL,
    alert_id       TEXT    NOT NULL,
    tenant         TEXT    NOT NULL,
    -- Null where it is not about one user, session or device.
    user_id        TEXT,
    session_id     TEXT,
    device_id      TEXT,
    rule           TEXT    NOT NULL,
    rule_version   INTEGER NOT NULL,
    -- 1 to 5, the numbers of OCSF's severity_id.
    severity       INTEGER NOT NULL,
    -- When what was found happened, and when it was found.
    event_time     INTEGER NOT NULL,
    detected_time  INTEGER NOT NULL,
    -- Where from. Null where unknown.
    ip             BLOB,
    country        TEXT,
    -- For administrators and analysts.
    reason         TEXT    NOT NULL,
    -- The evidence of the rule, JSON.
    detail         TEXT,
    -- The alert as a whole, in the stored form of the session store.
    record         BLOB    NOT NULL,
    -- Serves: what came after a cursor. A stream that went back in a failover may have used a place twice.
    PRIMARY KEY (major, minor, alert_id)
) STRICT, WITHOUT ROWID;

-- Serves: the alerts of a user, latest first.
CREATE INDEX alerts_of_user ON alerts (tenant, user_id, event_time DESC);

-- Serves: the alerts of a period, and those whose time is up.
CREATE INDEX alerts_by_time ON alerts (event_time DESC);
