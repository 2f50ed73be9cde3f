//! Who waits for whom. The numbers are any, and this service's own.

/// Two nodes that append the same mass revocation do it one after the other.
pub(super) const MASS_REVOCATION: &str = "SELECT pg_advisory_xact_lock(7310595212)";

/// Whoever writes about persons, many at a time ...
pub(super) const WRITING: &str = "SELECT pg_advisory_xact_lock_shared(7310595213)";

/// ... and whoever forgets one, alone: what is appended afterwards finds the mark, and what was appended before is
/// found.
pub(super) const FORGETTING: &str = "SELECT pg_advisory_xact_lock(7310595213)";

/// Whoever takes a person out of rows that are there ...
pub(super) const ERASING: &str = "SELECT pg_advisory_xact_lock_shared(7310595215)";

/// ... and whoever moves rows into another partition, which a statement that begins meanwhile may miss.
pub(super) const MOVING: &str = "SELECT pg_advisory_xact_lock(7310595215)";

/// Nodes that migrate take turns.
pub(super) const MIGRATION: &str = "SELECT pg_advisory_xact_lock(7310595216)";

/// One node at a time does the upkeep; the others leave it to that one.
pub(super) const MAINTENANCE: &str = "SELECT pg_try_advisory_xact_lock(7310595214)";

/// Held by whoever adds events, from before their numbers are taken until they can be seen. The low 48 bits of the key
/// are a number below all of theirs, the high 16 are [`RECORDING_TAG`].
pub(super) const RECORDING: &str = "SELECT pg_advisory_xact_lock_shared(
    (21313::bigint << 48) | (SELECT coalesce(max(seq), 0) FROM session_events))";

/// The transactions that hold it, and the numbers of their keys.
pub(super) const RECORDERS: &str = "SELECT virtualtransaction, ((classid::bigint & 65535) << 32) | objid::bigint
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint >> 16 = $1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Tells its keys from others.
pub(super) const RECORDING_TAG: i64 = 21_313;
