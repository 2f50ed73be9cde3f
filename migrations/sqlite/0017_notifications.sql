-- Notifications to users about findings, until they are delivered. Those of an erased user are removed.
-- Times are milliseconds since the Unix epoch.
CREATE TABLE notifications (
    -- Derived from the sign-in or the event, so that it is queued once.
    notification_id TEXT PRIMARY KEY,
    tenant          TEXT             NOT NULL,
    -- Null once the notification is acknowledged. The row stays until it expires, so that the notification
    -- is not queued again.
    user_id         TEXT,
    event_time      INTEGER NOT NULL,
    queued_at       INTEGER NOT NULL,
    -- When it may be leased: the end of the wait for further findings, or of its lease.
    available_at    INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- The latest lease.
    lease_id        TEXT,
    acknowledged    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Serves: the notifications that have waited longest, and their number.
CREATE INDEX notifications_by_availability ON notifications (available_at) WHERE NOT acknowledged;

-- Serves: notifications whose time is up.
CREATE INDEX notifications_by_expiry ON notifications (expires_at);

-- Serves: the erasure of a user.
CREATE INDEX notifications_of_user ON notifications (tenant, user_id);

-- The findings of a notification, until it is acknowledged.
CREATE TABLE notification_findings (
    notification_id TEXT NOT NULL,
    alert_id        TEXT NOT NULL,
    -- The alert as a whole, in the stored form of the session store.
    record          BLOB NOT NULL,
    PRIMARY KEY (notification_id, alert_id)
) STRICT, WITHOUT ROWID;
