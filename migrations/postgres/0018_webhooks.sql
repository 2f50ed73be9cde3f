-- Webhooks: endpoints that administrators added, the progress of each endpoint, and messages that are to be sent again.
CREATE TABLE webhook_endpoints (
    name                    text        PRIMARY KEY,
    url                     text        NOT NULL,
    -- json, caep-set or ocsf.
    format                  text        NOT NULL,
    -- One per line; empty for all.
    event_types             text        NOT NULL,
    tenants                 text        NOT NULL,
    -- The audience of security event tokens.
    audience                text        NOT NULL,
    allow_private_addresses boolean     NOT NULL,
    include_ip              boolean     NOT NULL,
    -- Random. The signing secret is derived from it and the secret of the installation.
    secret_salt             bytea       NOT NULL,
    -- The one before it, which also signs until a time.
    previous_salt           bytea,
    previous_until          timestamptz,
    created_at              timestamptz NOT NULL,
    updated_at              timestamptz NOT NULL
);

-- The progress of each endpoint, in this table or in the configuration.
CREATE TABLE webhook_progress (
    name            text        PRIMARY KEY,
    -- The last event and the last alert that were delivered or queued.
    event_seq       bigint      NOT NULL,
    alert_major     bigint      NOT NULL,
    alert_minor     bigint      NOT NULL,
    -- Everything recorded before is delivered or queued.
    caught_up_at    timestamptz NOT NULL,
    -- Null while the endpoint is enabled.
    disabled_reason text,
    disabled_at     timestamptz,
    -- Attempts that failed since the last success.
    failures        bigint      NOT NULL,
    paused_until    timestamptz,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    last_status     bigint,
    last_error      text        NOT NULL,
    -- The process that delivers, and until when it may.
    owner           text,
    lease_until     timestamptz
);

-- Messages that are to be sent again, and dead letters, without their content.
CREATE TABLE webhook_messages (
    endpoint        text        NOT NULL,
    -- The ID of the event or of the alert.
    message_id      text        COLLATE "C" NOT NULL,
    event_type      text        NOT NULL,
    occurred_at     timestamptz NOT NULL,
    attempts        bigint      NOT NULL,
    queued_at       timestamptz NOT NULL,
    -- Null for a dead letter.
    next_attempt_at timestamptz,
    last_status     bigint,
    last_error      text        NOT NULL,
    PRIMARY KEY (endpoint, message_id)
);

-- Serves: the messages that are due, and their number.
CREATE INDEX webhook_messages_due ON webhook_messages (endpoint, next_attempt_at);

-- Serves: the removal of dead letters beyond their retention.
CREATE INDEX webhook_messages_occurred ON webhook_messages (occurred_at);

-- Events of the kind webhook_changed: the endpoint, and what was done to it.
ALTER TABLE session_events ADD COLUMN webhook text;
ALTER TABLE session_events ADD COLUMN webhook_action text;
