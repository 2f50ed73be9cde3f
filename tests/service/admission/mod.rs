//! No caller takes the capacity of others.

mod logins;
pub mod partial_request;
mod rates;
mod received;
mod shares;

use session_authority::domain::CallerRole;
use tempfile::TempDir;

use super::{
    callers::{KeyRing, directory},
    fixture::TestService,
};
use crate::support::{proxy::TcpProxy, redis::RedisServer};

/// A node with API keys, whose store can be made to hang.
struct GuardedNode {
    service: TestService,
    proxy: TcpProxy,
    keys: Vec<String>,
}

impl GuardedNode {
    /// Starts a node with a key for each name, and with additional settings. It accepts no caller without a key.
    async fn start(callers: &[(&str, CallerRole)], settings: &[(&str, &str)]) -> Self {
        let directory = directory();
        let keys = keys_in(&directory, callers);
        let redis = RedisServer::start().await;
        let proxy = TcpProxy::start(redis.address()).await;
        let url = redis.url_through(proxy.address());
        let guarded =
            [("CALLERS__ANONYMOUS", "false"), ("STORE__URL", url.as_str()), ("STORE__RESPONSE_TIMEOUT", "1m")];
        let service = TestService::start_in(directory, Some(redis), &[&guarded, settings].concat()).await;
        Self { service, proxy, keys }
    }
}

fn keys_in(directory: &TempDir, callers: &[(&str, CallerRole)]) -> Vec<String> {
    let ring = KeyRing::open(directory);
    callers.iter().map(|(name, role)| ring.add(name, *role, &[])).collect()
}
