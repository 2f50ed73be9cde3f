//! Who a server says it is.

/// Why a server is not used.
pub(super) const REPLICA: &str = "it is a replica";

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
        let value = |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
        let history = value("master_replid").filter(|id| !id.is_empty())?.to_owned();
        Some(Self { is_master: value("role")? == "master", history })
    }
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
