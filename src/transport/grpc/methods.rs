//! The methods that the server serves, and the requirements that it enforces before it carries one out.
//!
//! `build.rs` generates the table from the options of the methods in `proto/session/v1`.

use super::admission::WorkKind;
use crate::domain::CallerRole;

include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// A class of time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineClass {
    /// The configured time limit of a call.
    Standard,
    /// The time limit of a call that reads the audit database.
    Audit,
}

/// A method and its requirements.
#[derive(Debug)]
pub struct MethodSpec {
    /// `None` for methods outside the contract.
    pub method: Option<ApiMethod>,
    /// The name in logs and metrics: `package.Service/Method`, or `other` outside the contract.
    pub path: &'static str,
    /// The roles that may call the method.
    pub roles: &'static [CallerRole],
    /// The permit that the call holds until the response begins.
    pub work: Option<WorkKind>,
    /// The permit that the call holds while the stream is open.
    pub stream: Option<WorkKind>,
    pub deadline: DeadlineClass,
    /// Set if the request is one message, which is received before the call takes a permit.
    pub is_unary_request: bool,
    /// Set if the method requires no API key.
    pub is_unauthenticated: bool,
}

impl MethodSpec {
    /// Whether the method returns a stream.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        self.stream.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{authority::permissions::PERMISSIONS, transport::grpc::admission::MethodRequirements};

    #[test]
    fn the_table_states_the_same_rules_as_the_tables_in_the_code() {
        let mut paths: Vec<_> = PERMISSIONS.iter().map(|(_, path, _)| *path).collect();
        paths.dedup();
        assert_eq!(paths.pop(), Some("GET /metrics"));
        assert_eq!(METHODS.each_ref().map(|method| method.path).as_slice(), paths);
        for method in &METHODS {
            let rows = PERMISSIONS.iter().filter(|(_, path, _)| *path == method.path);
            let roles: BTreeSet<_> = rows.flat_map(|(_, _, roles)| *roles).map(|role| role.name()).collect();
            assert_eq!(method.roles.iter().map(|role| role.name()).collect::<BTreeSet<_>>(), roles, "{method:?}");
            let requirements = MethodRequirements::from_path(&format!("/{}", method.path));
            assert_eq!((method.work, method.stream), (requirements.work, requirements.stream), "{method:?}");
            assert_eq!(method.is_unary_request, requirements.is_unary_request, "{method:?}");
            assert!(!method.is_unauthenticated && !requirements.is_unauthenticated, "{method:?}");
            assert_eq!(method.deadline == DeadlineClass::Audit, method.path.contains(".AdminService/"), "{method:?}");
            let called = method.path.rsplit('/').next();
            let is_stream = matches!(called, Some("StreamAlerts" | "ValidateStream" | "RevokeWhere"));
            assert_eq!(method.is_streaming(), is_stream, "{method:?}");
            assert_eq!(called, method.method.map(|method| format!("{method:?}")).as_deref());
        }
    }
}
