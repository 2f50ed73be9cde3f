//! Kinds of work, and what each method draws on.

/// A kind of work that has a budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkKind {
    /// `Validate` and `Check`.
    Validations,
    /// Checks of `ValidateStream`, which wait for a place.
    Checks,
    /// Creates, updates, rotations and reports.
    Changes,
    /// `Revoke`, `RevokeAll` and `Deny`.
    Revocations,
    /// Lists, the beginnings of alert streams, reflection.
    Reads,
    /// Calls of `AdminService`, which may take long, and batches of `RevokeWhere`.
    Admin,
    /// Open streams other than those of alerts.
    Streams,
    /// Open streams of alerts.
    Alerts,
    /// Calls of callers whose message has not arrived yet.
    Receiving,
    /// The same, of calls that take no API key.
    Unauthenticated,
}

impl WorkKind {
    pub const ALL: [Self; 10] = [
        Self::Validations,
        Self::Checks,
        Self::Changes,
        Self::Revocations,
        Self::Reads,
        Self::Admin,
        Self::Streams,
        Self::Alerts,
        Self::Receiving,
        Self::Unauthenticated,
    ];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validations => "validations",
            Self::Checks => "checks",
            Self::Changes => "changes",
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

/// Why a call got no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdmissionRefusal {
    /// Every place is taken.
    BudgetFull,
    /// The caller has its share of the places.
    CallerShare,
    /// As many logins of the user wait as may.
    UserQueue,
}

impl AdmissionRefusal {
    pub const ALL: [Self; 3] = [Self::BudgetFull, Self::CallerShare, Self::UserQueue];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BudgetFull => "budget_full",
            Self::CallerShare => "caller_share",
            Self::UserQueue => "user_queue",
        }
    }
}

/// What a method needs before it is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport::grpc) struct MethodRequirements {
    /// A place until the answer begins.
    pub(super) work: Option<WorkKind>,
    /// A place for as long as the stream is open.
    pub(super) stream: Option<WorkKind>,
    /// Whether it takes no API key.
    pub(super) is_unauthenticated: bool,
    /// Whether the request is one message, which is read before the call gets a place.
    pub(in crate::transport::grpc) is_unary_request: bool,
}

impl MethodRequirements {
    /// The route of the call to `path`, with a leading slash.
    pub(in crate::transport::grpc) fn from_path(path: &str) -> Self {
        // The most frequent call of all need not be taken apart.
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
            (_, "Create" | "Update" | "Rotate" | "ReportAuthEvent") => (Some(WorkKind::Changes), None),
            (_, "Revoke" | "RevokeAll" | "Deny") => (Some(WorkKind::Revocations), None),
            (_, "StreamAlerts") => (Some(WorkKind::Reads), Some(WorkKind::Alerts)),
            (_, "RevokeWhere") => (Some(WorkKind::Admin), Some(WorkKind::Streams)),
            (_, "ServerReflectionInfo") => (Some(WorkKind::Reads), Some(WorkKind::Streams)),
            ("session.v1.AdminService", _) => (Some(WorkKind::Admin), None),
            _ => (Some(WorkKind::Reads), None),
        };
        let is_anybodys = service == "grpc.health.v1.Health";
        Self {
            work,
            stream,
            is_unauthenticated: is_anybodys,
            is_unary_request: is_anybodys || (service.starts_with("session.v1.") && method != "ValidateStream"),
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
