-- Notifications to users about findings, until they are delivered. Those of an erased user are removed.
-- Times are milliseconds since the Unix epoch.
CREATE TABLE notifications (
    -- Derived from the sign-in or the event, so that it is queued once.
    notification_id text COLLATE "C" PRIMARY KEY,
    tenant          text             NOT NULL,
    -- Null once the notification is acknowledged. The row stays until it expires, so that the notification
    -- is not queued again.
    user_id         text,
    event_time      bigint           NOT NULL,
    queued_at       bigint           NOT NULL,
    -- When it may be leased: the end of the wait for further findings, or of its lease.
    available_at    bigint           NOT NULL,
    expires_at      bigint           NOT NULL,
    attempts        integer          NOT NULL DEFAULT 0,
    -- The latest lease.
    lease_id        text COLLATE "C",
    acknowledged    boolean          NOT NULL DEFAULT false
);

-- Serves: the notifications that have waited longest, and their number.
CREATE INDEX notifications_by_availability ON notifications (available_at) WHERE NOT acknowledged;

-- Serves: notifications whose time is up.
CREATE INDEX notifications_by_expiry ON notifications (expires_at);

-- Serves: the erasure of a user.
CREATE INDEX notifications_of_user ON notifications (tenant, user_id);

-- The findings of a notification, until it is acknowledged.
CREATE TABLE notification_findings (
    notification_id text COLLATE "C" NOT NULL,
    alert_id        text COLLATE "C" NOT NULL,
    -- The alert as a whole, in the stored form of the session store.
    record          bytea            NOT NULL,
    PRIMARY KEY (notification_id, alert_id)
);
