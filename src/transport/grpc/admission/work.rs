//! Kinds of work, and what each method draws on.

/// A kind of work that has a budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
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

impl Work {
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
pub enum Refusal {
    /// Every place is taken.
    BudgetFull,
    /// The caller has its share of the places.
    CallerShare,
    /// As many logins of the user wait as may.
    UserQueue,
}

impl Refusal {
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
pub(in crate::transport::grpc) struct Route {
    /// A place until the answer begins.
    pub(super) work: Option<Work>,
    /// A place for as long as the stream is open.
    pub(super) stream: Option<Work>,
    /// Whether it takes no API key.
    pub(super) is_anybodys: bool,
    /// Whether the request is one message, which is read before the call gets a place.
    pub(in crate::transport::grpc) is_one_message: bool,
}

impl Route {
    /// The route of the call to `path`, with a leading slash.
    pub(in crate::transport::grpc) fn of(path: &str) -> Self {
        // The most frequent call of all need not be taken apart.
        if path == "/session.v1.SessionService/Validate" {
            return Self { work: Some(Work::Validations), stream: None, is_anybodys: false, is_one_message: true };
        }
        let (service, method) = path.strip_prefix('/').and_then(|path| path.split_once('/')).unwrap_or_default();
        let (work, stream) = match (service, method) {
            ("grpc.health.v1.Health", _) => (None, None),
            (_, "Validate" | "Check") => (Some(Work::Validations), None),
            (_, "ValidateStream") => (None, Some(Work::Streams)),
            (_, "Create" | "Update" | "Rotate" | "ReportAuthEvent") => (Some(Work::Changes), None),
            (_, "Revoke" | "RevokeAll" | "Deny") => (Some(Work::Revocations), None),
            (_, "StreamAlerts") => (Some(Work::Reads), Some(Work::Alerts)),
            (_, "RevokeWhere") => (Some(Work::Admin), Some(Work::Streams)),
            (_, "ServerReflectionInfo") => (Some(Work::Reads), Some(Work::Streams)),
            ("session.v1.AdminService", _) => (Some(Work::Admin), None),
            _ => (Some(Work::Reads), None),
        };
        let is_anybodys = service == "grpc.health.v1.Health";
        Self {
            work,
            stream,
            is_anybodys,
            is_one_message: is_anybodys || (service.starts_with("session.v1.") && method != "ValidateStream"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::permissions::TABLE;

    #[test]
    fn work_and_refusals_are_listed_in_their_order() {
        assert!(Work::ALL.iter().enumerate().all(|(place, work)| *work as usize == place));
        assert!(Refusal::ALL.iter().enumerate().all(|(place, refusal)| *refusal as usize == place));
    }

    #[test]
    fn long_calls_of_administrators_draw_on_no_budget_that_ends_sessions() {
        for (_, path, _) in TABLE.iter().filter(|(_, path, _)| path.starts_with("session.")) {
            let work = Route::of(&format!("/{path}")).work;
            assert_eq!(work == Some(Work::Admin), path.contains("AdminService"), "{path}");
            let ends_sessions = ["Revoke", "RevokeAll", "Deny"].iter().any(|name| path.ends_with(&format!("/{name}")));
            assert_eq!(work == Some(Work::Revocations), ends_sessions, "{path}");
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
            assert_eq!(Route::of(path).is_one_message, is_one_message, "{path}");
        }
    }
}
