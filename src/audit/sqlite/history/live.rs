//! Condition for active sessions.

/// The condition that a session has not ended, and is not covered by a mass revocation whose sessions are yet to be
/// ended here. For each tenant, and for everyone, the last such revocation decides. It is looked up once for all
/// sessions.
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
