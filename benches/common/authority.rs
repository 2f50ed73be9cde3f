//! Servers of one installation, run as an operator would: `serve` with a configuration, on one Redis, with
//! authenticated callers, the log at `info` and metrics on. Each is a separate process.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use test_support::{
    directory::{EndSignal, ServerDirectory},
    ports,
    process::ServerProcess,
    redis::RedisServer,
};

use super::{
    connection::GrpcMethod,
    cores::CorePinning,
    program::{program, run},
};

const CONFIGURATION: &str = r#"
listen = "127.0.0.1:PORT"
[management]
listen = "127.0.0.1:MANAGEMENT"
[store]
url = "STORE"
[audit]
url = "none"
[shutdown]
delay = "0s"
"#;

/// Settings of a server that has room for all sessions of a bench and for their activity.
pub const LARGE_CACHE_SETTINGS: &str = r#"
[cache]
max_size = "4GiB"
[sessions]
max_pending_touches = 1000000
"#;

/// The Redis and the keys that servers of one installation share.
pub struct BenchInstallation {
    pub redis: RedisServer,
    /// Process ID of Redis.
    pub redis_pid: u32,
    /// The `[keys]` section of a configuration.
    pub keys: String,
}

impl BenchInstallation {
    pub async fn new(cores: &CorePinning) -> Self {
        let redis = RedisServer::start().await;
        let redis_process = redis_pid_of(&redis).await;
        cores.pin_redis(redis_process);
        let keys = run(program().args(["keys", "init"]), "").expect_success();
        Self { redis, redis_pid: redis_process, keys }
    }
}

/// Returns the process ID of a Redis.
pub async fn redis_pid_of(redis: &RedisServer) -> u32 {
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut redis.admin().await).await.expect("INFO");
    let id = info.lines().find_map(|line| line.strip_prefix("process_id:")).expect("its process");
    id.trim().parse().expect("a number")
}

/// A server that accepts calls. It is stopped on drop.
pub struct AuthorityProcess {
    pub port: u16,
    pub process: ServerProcess,
    /// The port of the management endpoints.
    management: u16,
    /// The API keys of an issuer and of an administrator.
    issuer: String,
    admin: String,
    /// The API key of a validator.
    pub validator: String,
    _directory: ServerDirectory,
}

impl AuthorityProcess {
    pub async fn start(installation: &BenchInstallation, cores: &CorePinning) -> Self {
        Self::start_with(installation, cores, "").await
    }

    /// Starts a server with further sections of its configuration.
    pub async fn start_with(installation: &BenchInstallation, cores: &CorePinning, settings: &str) -> Self {
        Self::start_as(installation, cores, settings, None).await
    }

    /// Starts a server whose issuer also has a SPIFFE ID.
    pub async fn start_as(
        installation: &BenchInstallation,
        cores: &CorePinning,
        settings: &str,
        spiffe_id: Option<&str>,
    ) -> Self {
        let directory = ServerDirectory::new("session-authority-bench", EndSignal::Kill);
        let (port, management) = (ports::free(), ports::free());
        let text = CONFIGURATION
            .replace("PORT", &port.to_string())
            .replace("MANAGEMENT", &management.to_string())
            .replace("STORE", &installation.redis.url());
        fs::write(directory.path().join("sa.toml"), text + settings + &installation.keys).expect("a configuration");
        let create = |role: &str, more: &[&str]| {
            let mut create = program();
            create.args(["keys", "create", "--name", role, "--role", role, "--config", "sa.toml"]).args(more);
            let created = run(create.current_dir(directory.path()), "");
            assert_eq!(created.code, Some(0), "{created:?}");
            created.out.trim_end().to_owned()
        };
        let [issuer, admin, validator] = ["issuer", "admin", "validator"].map(|role| create(role, &[]));
        if let Some(id) = spiffe_id {
            create("issuer", &["--spiffe-id", id]);
        }
        let mut serve = program();
        serve.args(["serve", "--config", "sa.toml"]);
        let listens = async || TcpStream::connect(("127.0.0.1", port)).is_ok();
        let process =
            directory.spawn(cores.pin_server_command(&serve)).wait_until_ready(listens).await.expect("a server");
        Self { port, process, management, issuer, admin, validator, _directory: directory }
    }

    /// Returns a method as its issuer calls it.
    pub fn issuer_method(&self, name: &str) -> GrpcMethod {
        GrpcMethod::new(self.port, name, &self.issuer)
    }

    /// Returns a method as a caller without an API key calls it.
    pub fn anonymous_method(&self, name: &str) -> GrpcMethod {
        GrpcMethod::new(self.port, name, "")
    }

    /// Returns a method of the denylist as its issuer calls it.
    pub fn denylist_method(&self, name: &str) -> GrpcMethod {
        GrpcMethod::of_service(self.port, "DenylistService", name, &self.issuer)
    }

    /// Returns a method outside the contract as a validator calls it.
    pub fn validator_method(&self, path: &str) -> GrpcMethod {
        GrpcMethod::with_path(self.port, path, &self.validator)
    }

    /// Returns a method as its administrator calls it.
    pub fn admin_method(&self, name: &str) -> GrpcMethod {
        GrpcMethod::new(self.port, name, &self.admin)
    }

    /// Returns the value of the metric with that name, which must have a single sample.
    pub fn metric(&self, name: &str) -> f64 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.management)).expect("a connection");
        write!(stream, "GET /metrics HTTP/1.0\r\nhost: localhost\r\n\r\n").expect("a request");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("metrics");
        let sample = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        sample.unwrap_or_else(|| panic!("no {name} in {text}"))
    }
}
