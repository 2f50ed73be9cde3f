//! Who a server says it is.

use super::settings::value;

/// Why a server is not used.
pub(super) const REPLICA: &str = "it is a replica";
pub(super) const NO_ROLE: &str = "it does not state whether it is a master";

/// What `INFO replication` tells of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) is_master: bool,
    /// Names the history of its data. Another one after a restart, and after it was a replica.
    pub(super) history: String,
}

impl Identity {
    /// `None` where it does not say.
    pub(super) fn read(info: &str) -> Option<Self> {
        let history = value(info, "master_replid").filter(|id| !id.is_empty())?.to_owned();
        Some(Self { is_master: is_master(info)?, history })
    }
}

/// Whether `INFO replication` describes a master; `None` where it names no role.
pub(super) fn is_master(info: &str) -> Option<bool> {
    value(info, "role").map(|role| role == "master")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_its_role_and_history() {
        let info = "# Replication\r\nrole:master\r\nmaster_replid:0a\r\nmaster_replid2:0b\r\n";
        assert_eq!(Identity::read(info), Some(Identity { is_master: true, history: "0a".into() }));
        let replica = info.replace("role:master", "role:slave");
        assert_eq!(Identity::read(&replica).map(|identity| identity.is_master), Some(false));
        for nothing in ["", "role:master\r\n", "master_replid:0a\r\n", "role:master\r\nmaster_replid:\r\n"] {
            assert_eq!(Identity::read(nothing), None);
        }
    }
}
