-- The session store, schema version 2.
--
-- Times are milliseconds since the Unix epoch. A handle is the 12 bytes that stand for a user; its first byte is the
-- bucket. A unique_id distinguishes the sessions of a user. Records, clocks, causes and owners are encoded by
-- store::record and by the domain.

-- The installation that the file belongs to, the ID of this store, and the audit database that receives its events.
CREATE TABLE binding (
    only_row     INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    installation BLOB NOT NULL CHECK (length(installation) = 16),
    store        BLOB NOT NULL CHECK (length(store) = 16),
    -- NULL until a node has reached the audit database.
    audit        BLOB CHECK (length(audit) = 16),
    -- The newest time at which the file is known to have existed, and the newest such time in the audit database.
    checkpoint   INTEGER NOT NULL DEFAULT 0,
    audited      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Users that have sessions.
CREATE TABLE users (
    handle BLOB NOT NULL PRIMARY KEY CHECK (length(handle) = 12),
    owner  BLOB NOT NULL,
    -- No session of the user can end by itself before this time. Touches leave it behind; a sweep corrects it.
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The sweep of one bucket: users that are due.
CREATE INDEX users_due ON users (substr(handle, 1, 1), due_at);

-- The record is the last column: the columns before it are read without its overflow pages.
CREATE TABLE sessions (
    handle    BLOB NOT NULL REFERENCES users (handle),
    unique_id BLOB NOT NULL CHECK (length(unique_id) = 8),
    clock     BLOB NOT NULL CHECK (length(clock) = 33),
    record    BLOB NOT NULL,
    PRIMARY KEY (handle, unique_id)
) STRICT;

-- Ended sessions, so that Validate can state the reason.
CREATE TABLE tombstones (
    seq       INTEGER PRIMARY KEY,
    handle    BLOB NOT NULL,
    unique_id BLOB NOT NULL,
    reason    INTEGER NOT NULL,
    ended_at  INTEGER NOT NULL,
    secret    BLOB NOT NULL CHECK (length(secret) = 32),
    -- The tenant whose callers may see the reason.
    tenant    TEXT NOT NULL,
    cause     BLOB NOT NULL,
    -- The time at which the tombstone was written: for a timeout, later than the end itself.
    made_at   INTEGER NOT NULL,
    UNIQUE (handle, unique_id)
) STRICT;

-- Pruning by age.
CREATE INDEX tombstones_age ON tombstones (made_at);

-- Requests that created a session, so that a repeat finds it.
CREATE TABLE requests (
    seq       INTEGER PRIMARY KEY,
    handle    BLOB NOT NULL,
    request   BLOB NOT NULL CHECK (length(request) = 16),
    body      BLOB NOT NULL CHECK (length(body) = 16),
    nonce     BLOB NOT NULL CHECK (length(nonce) = 16),
    key_id    INTEGER NOT NULL,
    unique_id BLOB NOT NULL,
    made_at   INTEGER NOT NULL,
    UNIQUE (handle, request)
) STRICT;

-- Pruning by age.
CREATE INDEX requests_age ON requests (made_at);

-- Revocations of all sessions of a user, with the concatenated unique_ids of the sessions that each ended.
CREATE TABLE operations (
    seq       INTEGER PRIMARY KEY,
    handle    BLOB NOT NULL,
    operation BLOB NOT NULL CHECK (length(operation) = 16),
    ended     BLOB NOT NULL,
    made_at   INTEGER NOT NULL,
    UNIQUE (handle, operation)
) STRICT;

-- Pruning by age.
CREATE INDEX operations_age ON operations (made_at);

-- A user must have authenticated after this floor.
CREATE TABLE floors (
    handle BLOB NOT NULL PRIMARY KEY,
    floor  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX floors_age ON floors (floor);

-- The login history of each user.
CREATE TABLE histories (
    handle     BLOB NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL,
    history    BLOB NOT NULL,
    keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX histories_age ON histories (keep_until);

-- Deduplication of alerts: when each dedup key of a user last raised one, and how often it has occurred since.
CREATE TABLE matters (
    handle    BLOB NOT NULL,
    dedup_key BLOB NOT NULL CHECK (length(dedup_key) = 8),
    raised_at INTEGER NOT NULL,
    found     INTEGER NOT NULL,
    PRIMARY KEY (handle, dedup_key)
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX matters_age ON matters (raised_at);

-- Findings that wait to be forwarded to the alert stream. AUTOINCREMENT: as for the outbox.
CREATE TABLE findings (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket         INTEGER NOT NULL,
    alert          BLOB NOT NULL,
    count          INTEGER NOT NULL,
    evicted        INTEGER NOT NULL,
    evicted_record BLOB NOT NULL
) STRICT;

-- Reading the findings of a bucket in order.
CREATE INDEX findings_bucket ON findings (bucket, seq);

-- The latest mass revocation of each scope, with one sequence of numbers for all scopes. Never removed.
CREATE TABLE generations (
    scope      BLOB NOT NULL PRIMARY KEY,
    -- Unique also for the sake of its index: each new session gets the highest generation.
    generation INTEGER NOT NULL UNIQUE,
    at         INTEGER NOT NULL,
    cause      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mass_operations (
    operation BLOB NOT NULL PRIMARY KEY CHECK (length(operation) = 16),
    made_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Buckets with users that a sweep must still visit because of a mass revocation: in handle order, those after visited.
CREATE TABLE walks (
    bucket  INTEGER NOT NULL PRIMARY KEY CHECK (bucket BETWEEN 0 AND 255),
    visited BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that are not in the audit database yet. AUTOINCREMENT: the number of a removed event must not be reused, or
-- removing that event twice would lose another one.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket     INTEGER NOT NULL,
    written_at INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER)),
    kind       INTEGER NOT NULL,
    reason     INTEGER NOT NULL,
    subject    BLOB NOT NULL,
    owner      BLOB NOT NULL,
    at         INTEGER NOT NULL,
    clock      BLOB NOT NULL,
    cause      BLOB NOT NULL,
    record     BLOB NOT NULL
) STRICT;

-- Reading the first events of each bucket, and counting without reading the records.
CREATE INDEX outbox_bucket ON outbox (bucket);

-- Alerts in the order of the stream. AUTOINCREMENT: a position is never reused, or a consumer that has read up to it
-- would mistake a new alert for one that it already has.
CREATE TABLE alerts (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The position of the alert before this one, which may have been removed. A consumer whose last alert is another
    -- one has missed some.
    previous INTEGER NOT NULL,
    alert_id BLOB NOT NULL UNIQUE CHECK (length(alert_id) = 16),
    at       INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER)),
    -- Empty once the user it was about was erased.
    alert    BLOB NOT NULL
) STRICT;

-- "SAS1": distinguishes this file from other SQLite databases.
PRAGMA application_id = 1396790065;
PRAGMA user_version = 2;
