//! Settings of a Redis server that sessions depend on, as `INFO` and `CONFIG GET` report them.

use crate::store::{ServerSetting, SettingProblem};

/// The sections of `INFO` that the checks read.
pub(super) const SECTIONS: [&str; 3] = ["memory", "persistence", "replication"];

/// The parameters that `INFO` does not report. They are read if the user may run `CONFIG GET`.
pub(super) const PARAMETERS: [&str; 2] = ["appendfsync", "replica-serve-stale-data"];

/// The settings of one server.
pub(super) struct ServerSettings<'a> {
    /// Lines `name:value`.
    pub(super) info: &'a str,
    /// Names and values; empty if they may not be read.
    pub(super) parameters: &'a [(String, String)],
}

impl ServerSettings<'_> {
    /// Returns the requirements that the server does not meet.
    pub(super) fn problems(&self, server: &str) -> Vec<SettingProblem> {
        let checks = [self.eviction(), self.persistence(), self.min_replicas(), self.stale_replica_reads()];
        let problem = |(setting, advice): (_, String)| SettingProblem { server: server.to_owned(), setting, advice };
        checks.into_iter().flatten().map(problem).collect()
    }

    fn eviction(&self) -> Option<(ServerSetting, String)> {
        let Some(policy) = info_value(self.info, "maxmemory_policy") else {
            let advice = "it does not report its maxmemory-policy; ensure that it is noeviction".to_owned();
            return Some((ServerSetting::EvictionPolicy, advice));
        };
        match (policy, info_value(self.info, "maxmemory")) {
            ("noeviction", _) => None,
            (policy, Some("0")) => Some((
                ServerSetting::EvictionPolicy,
                format!(
                    "maxmemory-policy is {policy}, which takes effect as soon as maxmemory is set; set \
                     maxmemory-policy noeviction"
                ),
            )),
            (policy, _) => Some((
                ServerSetting::Eviction,
                format!(
                    "maxmemory-policy is {policy}, so Redis evicts sessions and revocations when memory is full; set \
                     maxmemory-policy noeviction"
                ),
            )),
        }
    }

    fn persistence(&self) -> Option<(ServerSetting, String)> {
        let advice = if info_value(self.info, "aof_enabled") == Some("0") {
            "appendonly is no, so a restart loses sessions and revocations; set appendonly yes"
        } else if info_value(self.info, "aof_last_write_status").is_some_and(|status| status != "ok") {
            "the append-only file cannot be written; check the server's log and its disk space"
        } else if self.parameter("appendfsync") == Some("no") {
            "appendfsync is no, so a crash can lose the last 30 s of revocations; set appendfsync everysec or always"
        } else {
            return None;
        };
        Some((ServerSetting::Persistence, advice.to_owned()))
    }

    fn min_replicas(&self) -> Option<(ServerSetting, String)> {
        let has_replicas = info_value(self.info, "connected_slaves").is_some_and(|number| number != "0");
        // Reported only while the limit is in force.
        let is_limited = info_value(self.info, "min_slaves_good_slaves").is_some();
        (has_replicas && !is_limited).then(|| {
            let advice = "min-replicas-to-write is 0, so a master that lost its replicas accepts changes that a \
                          failover undoes; set min-replicas-to-write 1 and min-replicas-max-lag";
            (ServerSetting::MinReplicas, advice.to_owned())
        })
    }

    fn stale_replica_reads(&self) -> Option<(ServerSetting, String)> {
        (self.parameter("replica-serve-stale-data") == Some("yes")).then(|| {
            let advice = "replica-serve-stale-data is yes, so a replica without its master returns stale data; set \
                          replica-serve-stale-data no";
            (ServerSetting::StaleReplicaReads, advice.to_owned())
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the value of a line `name:value` of `INFO`.
pub(super) fn info_value<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: &str = "# Memory\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n\
                        aof_last_write_status:ok\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";

    fn settings(info: &str, parameters: &[(&str, &str)]) -> Vec<ServerSetting> {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let problems = ServerSettings { info, parameters: &parameters }.problems("a:1");
        problems.into_iter().map(|problem| problem.setting).collect()
    }

    #[test]
    fn a_server_as_deploy_describes_it_has_no_problem() {
        assert_eq!(settings(SAFE, &[]), []);
        assert_eq!(settings(SAFE, &[("appendfsync", "everysec"), ("replica-serve-stale-data", "no")]), []);
    }

    #[test]
    fn a_policy_that_evicts_is_a_violation_once_memory_is_limited() {
        for policy in ["allkeys-lru", "volatile-lru", "volatile-ttl", "allkeys-random"] {
            let evicting = SAFE.replace("noeviction", policy);
            assert_eq!(settings(&evicting, &[]), [ServerSetting::Eviction]);
            let unlimited = evicting.replace("maxmemory:100", "maxmemory:0");
            assert_eq!(settings(&unlimited, &[]), [ServerSetting::EvictionPolicy]);
        }
        let unknown = SAFE.replace("maxmemory_policy", "x");
        assert_eq!(settings(&unknown, &[]), [ServerSetting::EvictionPolicy]);
    }

    #[test]
    fn durability_below_what_deploy_describes_is_a_warning() {
        for (from, to) in
            [("aof_enabled:1", "aof_enabled:0"), ("aof_last_write_status:ok", "aof_last_write_status:err")]
        {
            assert_eq!(settings(&SAFE.replace(from, to), &[]), [ServerSetting::Persistence]);
        }
        assert_eq!(settings(SAFE, &[("appendfsync", "no")]), [ServerSetting::Persistence]);
        assert_eq!(settings(SAFE, &[("replica-serve-stale-data", "yes")]), [ServerSetting::StaleReplicaReads]);
        let replicated = SAFE.replace("connected_slaves:0", "connected_slaves:1");
        assert_eq!(settings(&replicated, &[]), [ServerSetting::MinReplicas]);
        assert_eq!(settings(&(replicated + "min_slaves_good_slaves:1\r\n"), &[]), []);
    }
}
