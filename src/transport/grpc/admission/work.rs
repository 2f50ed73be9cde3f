//! Kinds of work, and the requirements of each method.

/// A kind of work that has a budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkKind {
    /// `Validate` and `Check`.
    Validations,
    /// Checks of `ValidateStream`, which wait for a permit.
    Checks,
    /// Creates, updates, rotations and reports.
    Writes,
    /// `Revoke`, `RevokeAll` and `Deny`.
    Revocations,
    /// Lists, the start of alert streams, reflection.
    Reads,
    /// Calls of `AdminService`, which may take long, and batches of `RevokeWhere`.
    Admin,
    /// Open streams, except alert streams.
    Streams,
    /// Open alert streams.
    Alerts,
    /// Calls of authenticated callers whose message has not arrived yet.
    Receiving,
    /// Calls that require no API key and whose message has not arrived yet.
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
}

impl AdmissionRefusal {
    pub const ALL: [Self; 3] = [Self::BudgetFull, Self::CallerShare, Self::UserQueue];

    /// Returns the name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BudgetFull => "budget_full",
            Self::CallerShare => "caller_share",
            Self::UserQueue => "user_queue",
        }
    }
}

/// The requirements of a method before it is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport::grpc) struct MethodRequirements {
    /// The permit that the call holds until the response begins.
    pub(in crate::transport::grpc) work: Option<WorkKind>,
    /// The permit that the call holds while the stream is open.
    pub(in crate::transport::grpc) stream: Option<WorkKind>,
    /// Set if the method requires no API key.
    pub(in crate::transport::grpc) is_unauthenticated: bool,
    /// Set if the request is one message, which is received before the call takes a permit.
    pub(in crate::transport::grpc) is_unary_request: bool,
}

impl MethodRequirements {
    /// Returns the requirements of a call to `path`, which has a leading slash.
    pub(in crate::transport::grpc) fn from_path(path: &str) -> Self {
        // The most frequent method needs no parsing of its path.
        if path == "/session.v1.SessionService/Validate" {
            return Self {
                work: Some(WorkKind::Validations),
                stream: None,
                is_unauthenticated: false,
                is_unary_request: true,
            };
        }
        let (service, method) = path.strip_prefix('/').and_then(|path| path.split_once('/')).unwrap_or_default();
        let (work, stream) = match (service, method) {
            ("grpc.health.v1.Health", _) => (None, None),
            (_, "Validate" | "Check") => (Some(WorkKind::Validations), None),
            (_, "ValidateStream") => (None, Some(WorkKind::Streams)),
            (_, "Create" | "Update" | "Rotate" | "ReportAuthEvent") => (Some(WorkKind::Writes), None),
            (_, "Revoke" | "RevokeAll" | "Deny") => (Some(WorkKind::Revocations), None),
            (_, "StreamAlerts") => (Some(WorkKind::Reads), Some(WorkKind::Alerts)),
            (_, "RevokeWhere") => (Some(WorkKind::Admin), Some(WorkKind::Streams)),
            (_, "ServerReflectionInfo") => (Some(WorkKind::Reads), Some(WorkKind::Streams)),
            ("session.v1.AdminService", _) => (Some(WorkKind::Admin), None),
            _ => (Some(WorkKind::Reads), None),
        };
        let is_unauthenticated = service == "grpc.health.v1.Health";
        Self {
            work,
            stream,
            is_unauthenticated,
            is_unary_request: is_unauthenticated || (service.starts_with("session.v1.") && method != "ValidateStream"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::permissions::PERMISSIONS;

    #[test]
    fn work_and_refusals_are_listed_in_their_order() {
        assert!(WorkKind::ALL.iter().enumerate().all(|(place, work)| *work as usize == place));
        assert!(AdmissionRefusal::ALL.iter().enumerate().all(|(place, refusal)| *refusal as usize == place));
    }

    #[test]
    fn long_calls_of_administrators_draw_on_no_budget_that_ends_sessions() {
        for (_, path, _) in PERMISSIONS.iter().filter(|(_, path, _)| path.starts_with("session.")) {
            let work = MethodRequirements::from_path(&format!("/{path}")).work;
            assert_eq!(work == Some(WorkKind::Admin), path.contains("AdminService"), "{path}");
            let ends_sessions = ["Revoke", "RevokeAll", "Deny"].iter().any(|name| path.ends_with(&format!("/{name}")));
            assert_eq!(work == Some(WorkKind::Revocations), ends_sessions, "{path}");
        }
    }

    #[test]
    fn only_streams_of_requests_and_strangers_methods_are_not_read_first() {
        for (path, is_one_message) in [
            ("/session.v1.SessionService/Create", true),
            ("/session.v1.SessionService/StreamAlerts", true),
            ("/session.v1.SessionService/ValidateStream", false),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", false),
            ("/grpc.health.v1.Health/Check", true),
            ("/anything/at/all", false),
            ("", false),
        ] {
            assert_eq!(MethodRequirements::from_path(path).is_unary_request, is_one_message, "{path}");
        }
    }
}
