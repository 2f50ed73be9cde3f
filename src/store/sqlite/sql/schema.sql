-- The session store, layout 1.
--
-- Times are milliseconds since the Unix epoch. A handle is the 12 bytes that stand for a user, its
-- first byte the bucket; a unique_id is what tells the user's sessions apart. Records, clocks, causes
-- and owners are the encodings of store::record and of the domain.

-- Which installation the file belongs to, which store it is, and which audit database gets its events.
CREATE TABLE binding (
    only_row     INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    installation BLOB NOT NULL CHECK (length(installation) = 16),
    store        BLOB NOT NULL CHECK (length(store) = 16),
    -- NULL until a node has reached that database.
    audit        BLOB CHECK (length(audit) = 16),
    -- The newest time at which the file is known to have existed, and the newest such time that the audit database has.
    checkpoint   INTEGER NOT NULL DEFAULT 0,
    audited      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row for each user with sessions.
CREATE TABLE users (
    handle BLOB NOT NULL PRIMARY KEY CHECK (length(handle) = 12),
    owner  BLOB NOT NULL,
    -- No session of the user can be over before this. Touches leave it behind; a sweep corrects it.
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A sweep of one bucket: who is due.
CREATE INDEX users_due ON users (substr(handle, 1, 1), due_at);

-- The record is the last column: what stands before it is read without following its overflow pages.
CREATE TABLE sessions (
    handle    BLOB NOT NULL REFERENCES users (handle),
    unique_id BLOB NOT NULL CHECK (length(unique_id) = 8),
    clock     BLOB NOT NULL CHECK (length(clock) = 33),
    record    BLOB NOT NULL,
    PRIMARY KEY (handle, unique_id)
) STRICT;

-- Ended sessions, so that their holder can be told why.
CREATE TABLE tombstones (
    seq       INTEGER PRIMARY KEY,
    handle    BLOB NOT NULL,
    unique_id BLOB NOT NULL,
    reason    INTEGER NOT NULL,
    ended_at  INTEGER NOT NULL,
    secret    BLOB NOT NULL CHECK (length(secret) = 32),
    -- Whose callers may be told.
    tenant    TEXT NOT NULL,
    cause     BLOB NOT NULL,
    -- When the ending was written down, which is late for a timeout.
    made_at   INTEGER NOT NULL,
    UNIQUE (handle, unique_id)
) STRICT;

-- Pruning by age.
CREATE INDEX tombstones_age ON tombstones (made_at);

-- Requests that made a session, so that repeating one finds it.
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

-- Revocations of all of a user's sessions, with the unique_ids that each ended, one after the other.
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

-- A login must be proven after the user's floor.
CREATE TABLE floors (
    handle BLOB NOT NULL PRIMARY KEY,
    floor  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX floors_age ON floors (floor);

-- What is remembered of each user's logins.
CREATE TABLE histories (
    handle     BLOB NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL,
    history    BLOB NOT NULL,
    keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX histories_age ON histories (keep_until);

-- When a matter of a user last raised an alert, and how often it was found since.
CREATE TABLE matters (
    handle    BLOB NOT NULL,
    dedup_key BLOB NOT NULL CHECK (length(dedup_key) = 8),
    raised_at INTEGER NOT NULL,
    found     INTEGER NOT NULL,
    PRIMARY KEY (handle, dedup_key)
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX matters_age ON matters (raised_at);

-- Findings on their way to the stream of alerts. AUTOINCREMENT: as for the outbox.
CREATE TABLE findings (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket         INTEGER NOT NULL,
    alert          BLOB NOT NULL,
    count          INTEGER NOT NULL,
    evicted        INTEGER NOT NULL,
    evicted_record BLOB NOT NULL
) STRICT;

-- Reading those of a bucket in order.
CREATE INDEX findings_bucket ON findings (bucket, seq);

-- The latest mass revocation of each scope, numbered through. Never removed.
CREATE TABLE generations (
    scope      BLOB NOT NULL PRIMARY KEY,
    -- Unique for the index, too: every session made is stamped with the highest.
    generation INTEGER NOT NULL UNIQUE,
    at         INTEGER NOT NULL,
    cause      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mass_operations (
    operation BLOB NOT NULL PRIMARY KEY CHECK (length(operation) = 16),
    made_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Buckets whose users a sweep has still to visit on account of a mass revocation, in order of their
-- handles, those after visited.
CREATE TABLE walks (
    bucket  INTEGER NOT NULL PRIMARY KEY CHECK (bucket BETWEEN 0 AND 255),
    visited BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events on their way to the audit. AUTOINCREMENT: the number of an event that was removed must not
-- become the number of another, or removing it twice would lose that one.
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

-- Reading some of each bucket, and counting without going through the records.
CREATE INDEX outbox_bucket ON outbox (bucket);

-- Alerts, in the order in which they are told. AUTOINCREMENT: a position is never given again, as who has
-- read up to it would take another alert for the one it has.
CREATE TABLE alerts (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The alert before it, which may be gone: who has another one last has missed something.
    previous INTEGER NOT NULL,
    alert_id BLOB NOT NULL UNIQUE CHECK (length(alert_id) = 16),
    at       INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER)),
    -- Empty once the person it was about was forgotten.
    alert    BLOB NOT NULL
) STRICT;

-- "SAS1": tells this file from any other SQLite database.
PRAGMA application_id = 1396790065;
PRAGMA user_version = 2;
