//! Servers of one installation, each a process of its own.

use std::{fs, net::SocketAddr};

use super::{
    program::{program, run},
    server::Server,
};
use crate::support::{
    directory::{EndSignal, ServerDirectory},
    redis::RedisServer,
};

const CONFIGURATION: &str = r#"
listen = "127.0.0.1:PORT"
[server]
request_timeout = "1m"
[store]
url = "STORE"
connect_timeout = "10s"
response_timeout = "10s"
[audit]
url = "AUDIT"
[callers]
anonymous = true
[detection]
learning_logins = 1
[alerts]
heartbeat_interval = "100ms"
"#;

/// Their Redis and their keys.
pub struct Fleet {
    pub redis: RedisServer,
    keys: String,
    audit: String,
}

impl Fleet {
    /// A login makes a user known to these servers: the next one from another country is told.
    pub async fn new() -> Self {
        Self::audited("none").await
    }

    /// With an audit database.
    pub async fn audited(url: &str) -> Self {
        let redis = RedisServer::start().await;
        let keys = run(program().args(["keys", "init"]), "").done();
        Self { redis, keys, audit: url.to_owned() }
    }

    /// One more server.
    pub async fn server(&self) -> Server {
        self.server_through(self.redis.address()).await
    }

    /// One that has a proxy between itself and their Redis.
    pub async fn server_through(&self, address: SocketAddr) -> Server {
        let directory = ServerDirectory::new("session-authority-fleet", EndSignal::Kill);
        let text = CONFIGURATION.replace("STORE", &self.redis.url_through(address)).replace("AUDIT", &self.audit);
        fs::write(directory.path().join("sa.toml"), format!("{text}{}", self.keys)).expect("a configuration");
        Server::configured(directory, "sa.toml", "http").await
    }
}
