//! Servers of one installation, each a separate process.

use std::{fs, net::SocketAddr};

use data_encoding::BASE64;
use session_authority::{
    domain::InstallationSecret,
    store::{BindingId, redis::RedisOptions},
};

use super::{
    program::{program, run},
    server::ServerProgram,
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
learning_min_logins = 1
[alerts]
heartbeat_interval = "100ms"
"#;

/// The Redis and the keys of the servers.
pub struct ServerFleet {
    pub redis: RedisServer,
    keys: String,
    audit: String,
}

impl ServerFleet {
    /// Creates a fleet whose servers raise an alert at the second login of a user from another country.
    pub async fn new() -> Self {
        Self::with_audit("none").await
    }

    /// Creates a fleet with an audit database.
    pub async fn with_audit(url: &str) -> Self {
        let redis = RedisServer::start().await;
        let keys = run(program().args(["keys", "init"]), "").expect_success();
        Self { redis, keys, audit: url.to_owned() }
    }

    /// Returns the options for opening the store as one of these servers.
    pub fn store_options(&self) -> RedisOptions {
        let key = self.keys.lines().find_map(|line| line.strip_prefix("installation = \"")?.split('"').next());
        let bytes = BASE64.decode(key.expect("a key").as_bytes()).expect("base64").try_into().expect("32 bytes");
        let installation = BindingId::from_installation_secret(&InstallationSecret::new(&bytes));
        RedisOptions { installation, ..RedisOptions::default() }
    }

    /// Starts one more server.
    pub async fn server(&self) -> ServerProgram {
        self.server_through(self.redis.address()).await
    }

    /// Starts a server with a proxy between it and Redis.
    pub async fn server_through(&self, address: SocketAddr) -> ServerProgram {
        let directory = ServerDirectory::new("session-authority-fleet", EndSignal::Kill);
        let text = CONFIGURATION.replace("STORE", &self.redis.url_through(address)).replace("AUDIT", &self.audit);
        fs::write(directory.path().join("sa.toml"), format!("{text}{}", self.keys)).expect("a configuration");
        ServerProgram::configured(directory, "sa.toml", "http").await
    }
}
