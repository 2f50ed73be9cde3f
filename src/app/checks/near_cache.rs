//! The readiness check of the near cache.

use crate::{app::readiness::CheckResult, near_cache::NearCache, transport::http::CheckState};

/// Returns the state of the near cache. It is degraded while a server is not tracked: verdicts are right, but slower.
pub(super) fn check(near_cache: &NearCache, is_enabled: bool) -> CheckResult {
    if !is_enabled {
        let disabled = "disabled: every validation reads the store; set `cache.enabled` to enable it";
        return CheckResult::new(CheckState::Ok, disabled);
    }
    let servers = near_cache.source.status();
    let untracked = servers.iter().filter_map(|server| Some((&server.server, server.tracking_error.as_ref()?)));
    let untracked: Vec<_> = untracked
        .map(|(server, why)| format!("; {server} is not tracked, its sessions are read from the store: {why}"))
        .collect();
    let state = if untracked.is_empty() { CheckState::Ok } else { CheckState::Degraded };
    CheckResult::new(state, format!("{} sessions cached{}", near_cache.memory.size().sessions, untracked.concat()))
}
