-- Webhooks: endpoints that administrators added, the progress of each endpoint, and messages that are to be sent again.
-- Times are milliseconds since the Unix epoch.
CREATE TABLE webhook_endpoints (
    name                    TEXT    PRIMARY KEY,
    url                     TEXT    NOT NULL,
    -- json, caep-set or ocsf.
    format                  TEXT    NOT NULL,
    -- One per line; empty for all.
    event_types             TEXT    NOT NULL,
    tenants                 TEXT    NOT NULL,
    -- The audience of security event tokens.
    audience                TEXT    NOT NULL,
    allow_private_addresses INTEGER NOT NULL,
    include_ip              INTEGER NOT NULL,
    -- Random. The signing secret is derived from it and the secret of the installation.
    secret_salt             BLOB    NOT NULL,
    -- The one before it, which also signs until a time.
    previous_salt           BLOB,
    previous_until          INTEGER,
    created_at              INTEGER NOT NULL,
    updated_at              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The progress of each endpoint, in this table or in the configuration.
CREATE TABLE webhook_progress (
    name            TEXT    PRIMARY KEY,
    -- The last event and the last alert that were delivered or queued.
    event_seq       INTEGER NOT NULL,
    alert_major     INTEGER NOT NULL,
    alert_minor     INTEGER NOT NULL,
    -- Everything recorded before is delivered or queued.
    caught_up_at    INTEGER NOT NULL,
    -- Null while the endpoint is enabled.
    disabled_reason TEXT,
    disabled_at     INTEGER,
    -- Attempts that failed since the last success.
    failures        INTEGER NOT NULL,
    paused_until    INTEGER,
    last_attempt_at INTEGER,
    last_success_at INTEGER,
    last_status     INTEGER,
    last_error      TEXT    NOT NULL,
    -- The process that delivers, and until when it may.
    owner           TEXT,
    lease_until     INTEGER
) STRICT, WITHOUT ROWID;

-- Messages that are to be sent again, and dead letters, without their content.
CREATE TABLE webhook_messages (
    endpoint        TEXT    NOT NULL,
    -- The ID of the event or of the alert.
    message_id      TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    occurred_at     INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    queued_at       INTEGER NOT NULL,
    -- Null for a dead letter.
    next_attempt_at INTEGER,
    last_status     INTEGER,
    last_error      TEXT    NOT NULL,
    PRIMARY KEY (endpoint, message_id)
) STRICT, WITHOUT ROWID;

-- Serves: the messages that are due, and their number.
CREATE INDEX webhook_messages_due ON webhook_messages (endpoint, next_attempt_at);

-- Serves: the removal of dead letters beyond their retention.
CREATE INDEX webhook_messages_occurred ON webhook_messages (occurred_at);

-- Events of the kind webhook_changed: the endpoint, and what was done to it.
ALTER TABLE session_events ADD COLUMN webhook TEXT;
ALTER TABLE session_events ADD COLUMN webhook_action TEXT;
