//! Kinds of work, and the reasons for which a call is refused.

/// A kind of work that has a budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkKind {
    /// `Validate` and `Check`.
    Validations,
    /// Checks of `ValidateStream`, which wait for a permit.
    Checks,
    /// Creates, updates, rotations, touches and reports.
    Writes,
    /// `Revoke`, `RevokeAll` and `Deny`.
    Revocations,
    /// `Get`, lists, the start of alert streams, reflection.
    Reads,
    /// Calls of `AdminService`, which may take long, and batches of `RevokeWhere`.
    Admin,
    /// Open streams, except alert streams.
    Streams,
    /// Open alert streams.
    Alerts,
    /// Calls of authenticated callers whose message has not arrived yet.
    Receiving,
    /// Calls that require no credentials and whose message has not arrived yet.
    Unauthenticated,
}

impl WorkKind {
    pub const ALL: [Self; 10] = [
        Self::Validations,
        Self::Checks,
        Self::Writes,
        Self::Revocations,
        Self::Reads,
        Self::Admin,
        Self::Streams,
        Self::Alerts,
        Self::Receiving,
        Self::Unauthenticated,
    ];

    /// Returns the name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validations => "validations",
            Self::Checks => "checks",
            Self::Writes => "writes",
            Self::Revocations => "revocations",
            Self::Reads => "reads",
            Self::Admin => "admin",
            Self::Streams => "streams",
            Self::Alerts => "alerts",
            Self::Receiving => "receiving",
            Self::Unauthenticated => "unauthenticated",
        }
    }
}

/// The reason for which a call got no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdmissionRefusal {
    /// The budget has no free permit.
    BudgetFull,
    /// The caller holds its share of the permits.
    CallerShare,
    /// The queue for logins of the user is full.
    UserQueue,
    /// The caller exceeds its rate.
    CallerRate,
}

impl AdmissionRefusal {
    pub const ALL: [Self; 4] = [Self::BudgetFull, Self::CallerShare, Self::UserQueue, Self::CallerRate];

    /// Returns the name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BudgetFull => "budget_full",
            Self::CallerShare => "caller_share",
            Self::UserQueue => "user_queue",
            Self::CallerRate => "caller_rate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_refusals_are_listed_in_their_order() {
        assert!(WorkKind::ALL.iter().enumerate().all(|(place, work)| *work as usize == place));
        assert!(AdmissionRefusal::ALL.iter().enumerate().all(|(place, refusal)| *refusal as usize == place));
    }
}
