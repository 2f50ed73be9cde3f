//! The role and the identity that a server reports.

use redis::{Pipeline, Value};

use crate::inspection::info_value;

/// Reasons not to use a server.
pub(crate) const REPLICA: &str = "it is a replica";
pub(crate) const NO_ROLE: &str = "it does not report its role";

/// The identity of a server, as `INFO replication` reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerIdentity {
    pub(crate) is_master: bool,
    /// Identifies the history of its data. It changes with a restart, and after the server was a replica.
    pub(crate) replication_id: String,
}

impl ServerIdentity {
    /// Parses the reply of `INFO replication`; `None` if it is incomplete.
    pub(crate) fn parse(info: &str) -> Option<Self> {
        let replication_id = info_value(info, "master_replid").filter(|id| !id.is_empty())?.to_owned();
        Some(Self { is_master: is_master(info)?, replication_id })
    }
}

/// The command that returns the role of a server with every exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoleCommand {
    /// `ROLE`, which costs the server a tenth of `INFO`.
    #[default]
    Role,
    /// `INFO replication`, for a server that does not have `ROLE` or does not permit it.
    Info,
}

impl RoleCommand {
    pub(crate) fn append(self, pipe: &mut Pipeline) {
        match self {
            Self::Role => pipe.cmd("ROLE"),
            Self::Info => pipe.cmd("INFO").arg("replication"),
        };
    }

    /// Returns whether the answer is that of a master; `None` if it names no role.
    pub(crate) fn is_master(self, answer: Value) -> Option<bool> {
        match self {
            Self::Role => {
                let parts: Vec<Value> = redis::from_redis_value(answer).ok()?;
                let role: String = redis::from_redis_value(parts.into_iter().next()?).ok()?;
                Some(role == "master")
            }
            Self::Info => is_master(&redis::from_redis_value::<String>(answer).ok()?),
        }
    }
}

/// Returns whether `INFO replication` describes a master; `None` if it names no role.
pub(crate) fn is_master(info: &str) -> Option<bool> {
    info_value(info, "role").map(|role| role == "master")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_questions_find_out_the_role() {
        let text = |text: &str| Value::BulkString(text.into());
        let role = |role| Value::Array(vec![text(role), Value::Int(0), Value::Array(vec![])]);
        assert_eq!(RoleCommand::Role.is_master(role("master")), Some(true));
        assert_eq!(RoleCommand::Role.is_master(role("slave")), Some(false));
        assert_eq!(RoleCommand::Role.is_master(Value::Array(vec![])), None);
        assert_eq!(RoleCommand::Info.is_master(text("# Replication\r\nrole:master\r\n")), Some(true));
        assert_eq!(RoleCommand::Info.is_master(text("role:slave\r\n")), Some(false));
        assert_eq!(RoleCommand::Info.is_master(Value::Nil), None);
    }

    #[test]
    fn a_server_says_its_role_and_history() {
        let info = "# Replication\r\nrole:master\r\nmaster_replid:0a\r\nmaster_replid2:0b\r\n";
        assert_eq!(ServerIdentity::parse(info), Some(ServerIdentity { is_master: true, replication_id: "0a".into() }));
        let replica = info.replace("role:master", "role:slave");
        assert_eq!(ServerIdentity::parse(&replica).map(|identity| identity.is_master), Some(false));
        for nothing in ["", "role:master\r\n", "master_replid:0a\r\n", "role:master\r\nmaster_replid:\r\n"] {
            assert_eq!(ServerIdentity::parse(nothing), None);
        }
    }
}
