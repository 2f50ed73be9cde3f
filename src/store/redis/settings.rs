//! Settings of a Redis server that sessions depend on, as `INFO` and `CONFIG GET` report them.

use redis_cluster::ServerSettings;

use crate::store::{ServerSetting, SettingProblem};

/// Returns the requirements that the server does not meet.
pub(super) fn find_problems(settings: &ServerSettings<'_>, server: &str) -> Vec<SettingProblem> {
    let checks = [eviction, persistence, min_replicas, stale_replica_reads];
    let problem = |(setting, advice): (_, String)| SettingProblem { server: server.to_owned(), setting, advice };
    checks.into_iter().filter_map(|check| check(settings)).map(problem).collect()
}

fn eviction(settings: &ServerSettings<'_>) -> Option<(ServerSetting, String)> {
    let Some(policy) = settings.info_value("maxmemory_policy") else {
        let advice = "it does not report its maxmemory-policy; ensure that it is noeviction".to_owned();
        return Some((ServerSetting::EvictionPolicy, advice));
    };
    match (policy, settings.info_value("maxmemory")) {
        ("noeviction", _) => None,
        (policy, Some("0")) => Some((
            ServerSetting::EvictionPolicy,
            format!(
                "maxmemory-policy is {policy}, which takes effect as soon as maxmemory is set; set maxmemory-policy \
                 noeviction"
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

fn persistence(settings: &ServerSettings<'_>) -> Option<(ServerSetting, String)> {
    let advice = if settings.info_value("aof_enabled") == Some("0") {
        "appendonly is no, so a restart loses sessions and revocations; set appendonly yes"
    } else if settings.info_value("aof_last_write_status").is_some_and(|status| status != "ok") {
        "the append-only file cannot be written; check the server's log and its disk space"
    } else if settings.parameter("appendfsync") == Some("no") {
        "appendfsync is no, so a crash can lose the last 30 s of revocations; set appendfsync everysec or always"
    } else {
        return None;
    };
    Some((ServerSetting::Persistence, advice.to_owned()))
}

fn min_replicas(settings: &ServerSettings<'_>) -> Option<(ServerSetting, String)> {
    let has_replicas = settings.info_value("connected_slaves").is_some_and(|number| number != "0");
    // Reported only while the limit is in force.
    let is_limited = settings.info_value("min_slaves_good_slaves").is_some();
    (has_replicas && !is_limited).then(|| {
        let advice = "min-replicas-to-write is 0, so a master that lost its replicas accepts changes that a failover \
                      undoes; set min-replicas-to-write 1 and min-replicas-max-lag";
        (ServerSetting::MinReplicas, advice.to_owned())
    })
}

fn stale_replica_reads(settings: &ServerSettings<'_>) -> Option<(ServerSetting, String)> {
    (settings.parameter("replica-serve-stale-data") == Some("yes")).then(|| {
        let advice = "replica-serve-stale-data is yes, so a replica without its master returns stale data; set \
                      replica-serve-stale-data no";
        (ServerSetting::StaleReplicaReads, advice.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: &str = "# Memory\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n\
                        aof_last_write_status:ok\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";

    fn settings(info: &str, parameters: &[(&str, &str)]) -> Vec<ServerSetting> {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let problems = find_problems(&ServerSettings { info, parameters: &parameters }, "a:1");
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
