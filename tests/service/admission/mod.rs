//! That no caller takes what others need.

pub mod half_request;
mod logins;
mod received;
mod shares;

use session_authority::domain::Role;
use tempfile::TempDir;

use super::{
    callers::{KeyRing, directory},
    fixture::Service,
};
use crate::support::{proxy::TcpProxy, redis::RedisServer};

/// A node with keys, whose store stops answering when a test says so.
struct Guarded {
    service: Service,
    proxy: TcpProxy,
    keys: Vec<String>,
}

impl Guarded {
    /// With a key for each name, and settings over those of a node that lets nobody in without one.
    async fn start(callers: &[(&str, Role)], settings: &[(&str, &str)]) -> Self {
        let directory = directory();
        let keys = keys_in(&directory, callers);
        let redis = RedisServer::start().await;
        let proxy = TcpProxy::to(redis.address()).await;
        let url = redis.url_through(proxy.address());
        let guarded =
            [("CALLERS__ANONYMOUS", "false"), ("STORE__URL", url.as_str()), ("STORE__RESPONSE_TIMEOUT", "1m")];
        let service = Service::start_in(directory, Some(redis), &[&guarded, settings].concat()).await;
        Self { service, proxy, keys }
    }
}

fn keys_in(directory: &TempDir, callers: &[(&str, Role)]) -> Vec<String> {
    let ring = KeyRing::of(directory);
    callers.iter().map(|(name, role)| ring.add(name, *role, &[])).collect()
}
