//! Which sessions are live.

/// A session that has not ended, and was not signed out as a whole by a mass revocation that is yet to be ended here.
pub(super) const LIVE: &str = "ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM mass_revocations AS revocation
    WHERE revocation.finished_at IS NULL
        AND (revocation.tenant IS NULL OR revocation.tenant = sessions.tenant)
        AND coalesce(sessions.stored_at, sessions.created_at) < revocation.at)";
