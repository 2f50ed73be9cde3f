//! Which sessions are live.

/// A session that has not ended, and was not signed out as a whole by a mass revocation that is yet to be ended here. Of
/// each tenant, and of everyone, the last such revocation decides: it is looked up once for all sessions.
pub(super) const LIVE: &str = "ended_at IS NULL
    AND coalesce(stored_at, created_at) >= coalesce(
        (SELECT max(at) FROM mass_revocations WHERE finished_at IS NULL AND tenant IS NULL), 0)
    AND NOT EXISTS (
        WITH revoked AS MATERIALIZED (
            SELECT tenant, max(at) AS at
            FROM mass_revocations
            WHERE finished_at IS NULL AND tenant IS NOT NULL
            GROUP BY tenant
        )
        SELECT 1
        FROM revoked
        WHERE revoked.tenant = sessions.tenant AND coalesce(sessions.stored_at, sessions.created_at) < revoked.at)";
