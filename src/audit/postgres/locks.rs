//! Advisory locks. The numbers are arbitrary, and reserved by this service.

/// Held while a mass revocation is appended, so that nodes that append the same one do so one after the other.
pub(super) const MASS_REVOCATION: &str = "SELECT pg_advisory_xact_lock(7310595212)";

/// Held, shared, by every writer of data about users.
pub(super) const WRITING: &str = "SELECT pg_advisory_xact_lock_shared(7310595213)";

/// The exclusive form of [`WRITING`], held while an erasure mark is written: later writers see the mark, and the
/// erasure sees the rows of earlier ones.
pub(super) const FORGETTING: &str = "SELECT pg_advisory_xact_lock(7310595213)";

/// Held, shared, while a user is removed from stored rows.
pub(super) const ERASING: &str = "SELECT pg_advisory_xact_lock_shared(7310595215)";

/// The exclusive form of [`ERASING`], held while rows move to another partition: an erasure that began meanwhile could
/// miss them.
pub(super) const MOVING: &str = "SELECT pg_advisory_xact_lock(7310595215)";

/// Held while migrating, so that one node migrates at a time.
pub(super) const MIGRATION: &str = "SELECT pg_advisory_xact_lock(7310595216)";

/// Held by the one node that runs maintenance; the others skip the run.
pub(super) const MAINTENANCE: &str = "SELECT pg_try_advisory_xact_lock(7310595214)";

/// Held, shared, while events are added, from before their sequence numbers are assigned until they are visible. The
/// low 48 bits of the key are a number below all of theirs, the high 16 bits are [`RECORDING_TAG`].
pub(super) const RECORDING: &str = "SELECT pg_advisory_xact_lock_shared(
    (21313::bigint << 48) | (SELECT coalesce(max(seq), 0) FROM session_events))";

/// Selects the transactions that hold [`RECORDING`], and the numbers in their keys.
pub(super) const RECORDERS: &str = "SELECT virtualtransaction, ((classid::bigint & 65535) << 32) | objid::bigint
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint >> 16 = $1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Distinguishes the keys of [`RECORDING`] from others.
pub(super) const RECORDING_TAG: i64 = 21_313;
