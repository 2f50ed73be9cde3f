-- The newest time known while the store was in use: one row.
CREATE TABLE IF NOT EXISTS clock (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

-- Sweeps in progress: the start of each, and whether another sweep must follow because of a later mass revocation.
CREATE TABLE IF NOT EXISTS walk_progress (
    bucket     INTEGER NOT NULL PRIMARY KEY,
    begun_at   INTEGER NOT NULL,
    owes_again INTEGER NOT NULL
) STRICT;

-- Denied JWT IDs. The first byte of a digest is the bucket.
CREATE TABLE IF NOT EXISTS denied_jwts (
    digest  BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 16),
    -- The time at which the JWT expires.
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX IF NOT EXISTS denied_jwts_age ON denied_jwts (ends_at);

-- The clients that were seen last with sessions, if they are not the ones that signed in.
CREATE TABLE IF NOT EXISTS last_seen (
    handle    BLOB NOT NULL,
    unique_id BLOB NOT NULL,
    client    BLOB NOT NULL,
    PRIMARY KEY (handle, unique_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS last_seen_of_ended_session AFTER DELETE ON sessions BEGIN
    DELETE FROM last_seen WHERE handle = OLD.handle AND unique_id = OLD.unique_id;
END;

-- Recent failures of authentication. The subject is 0 for a user, 1 for a network, 2 for the newcomers of a network, 3
-- and 4 for the guessed tokens of a caller and of a network; records with a low score are removed first.
CREATE TABLE IF NOT EXISTS failures (
    subject INTEGER NOT NULL,
    handle  BLOB    NOT NULL,
    bucket  INTEGER NOT NULL,
    score   INTEGER NOT NULL,
    record  BLOB    NOT NULL,
    PRIMARY KEY (subject, handle)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS failures_by_score ON failures (subject, bucket, score);

-- Answers to alerts, with the concatenated unique_ids of the sessions that each ended. The verdict is its code.
CREATE TABLE IF NOT EXISTS answers (
    handle   BLOB    NOT NULL,
    alert_id BLOB    NOT NULL CHECK (length(alert_id) = 16),
    verdict  INTEGER NOT NULL,
    ended    BLOB    NOT NULL,
    made_at  INTEGER NOT NULL,
    PRIMARY KEY (handle, alert_id)
) STRICT, WITHOUT ROWID;

-- Pruning by age.
CREATE INDEX IF NOT EXISTS answers_age ON answers (made_at);
