//! A `redis-server` for one test, with the configuration and the permissions in `deploy/`.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use data_encoding::HEXLOWER;
use redis::aio::MultiplexedConnection;
use redis::{Client, ClientTlsConfig, TlsCertificates};
use sha2::{Digest, Sha256};

use crate::{
    certificates::{CertificateAuthority, IssuedCertificate, ServerCertificate},
    directory::{EndSignal, ServerDirectory},
    password::random_password,
    ports,
    process::ServerProcess,
    wait::until,
};

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/redis.conf");
const ACCESS_RIGHTS: &str = include_str!("../../../deploy/users.acl");
const SERVICE_USER: &str = "session-authority";
pub const ADMIN: &str = "admin";
const TLS_SETTINGS: [[&str; 2]; 3] =
    [["--tls-cert-file", "server.pem"], ["--tls-key-file", "server.key"], ["--tls-ca-cert-file", "authority.pem"]];

/// The TLS of a server.
#[derive(Clone)]
pub struct RedisTls {
    /// The certificate of the server, and its authority.
    server: ServerCertificate,
    /// The certificate of the admin. `Some`: the server requires every client to have one of the same authority.
    admin: Option<IssuedCertificate>,
}

impl RedisTls {
    /// Returns TLS with a certificate of an otherwise unknown authority.
    pub fn generate() -> Self {
        Self { server: ServerCertificate::generate(), admin: None }
    }

    /// Returns TLS with certificates of an authority on both sides.
    pub fn mutual(authority: &CertificateAuthority) -> Self {
        let IssuedCertificate { certificate, key } = authority.issue_server();
        let server = ServerCertificate { authority: authority.certificate.clone(), certificate, key };
        Self { server, admin: Some(authority.issue_client(&[])) }
    }

    /// Returns the authority of the server, in PEM.
    pub fn authority(&self) -> &str {
        &self.server.authority
    }

    fn certificates(&self) -> TlsCertificates {
        let client = |IssuedCertificate { certificate, key }: &IssuedCertificate| ClientTlsConfig {
            client_cert: certificate.as_bytes().to_vec(),
            client_key: key.as_bytes().to_vec(),
        };
        let root_cert = Some(self.authority().as_bytes().to_vec());
        TlsCertificates { client_tls: self.admin.as_ref().map(client), root_cert }
    }
}

/// A running Redis. It is killed on drop, and its directory is removed.
pub struct RedisServer {
    process: Mutex<Option<ServerProcess>>,
    address: SocketAddr,
    password: String,
    tls: Option<RedisTls>,
    durable: bool,
    node: Option<ClusterNodeOptions>,
    directory: ServerDirectory,
}

/// Options of a server that is a node of a Cluster.
struct ClusterNodeOptions {
    bus_port: u16,
    timeout: Duration,
}

impl RedisServer {
    /// Starts a server that keeps everything in memory: a kill loses all data.
    pub async fn start() -> Self {
        Self::launch(false, None, None, random_password()).await
    }

    /// Starts a server with the same credentials as `other`.
    pub async fn with_same_login(other: &Self) -> Self {
        Self::launch(false, None, None, other.password.clone()).await
    }

    /// Starts a server that writes every change to disk before its reply, so that acknowledged changes survive a kill.
    pub async fn durable() -> Self {
        Self::launch(true, None, None, random_password()).await
    }

    /// Starts a server like [`start`](Self::start) that accepts only TLS, with a certificate of an otherwise unknown
    /// authority.
    pub async fn tls() -> Self {
        Self::launch(false, Some(RedisTls::generate()), None, random_password()).await
    }

    /// Starts a server like [`tls`](Self::tls) that requires a client certificate of `authority`.
    pub async fn mutual_tls(authority: &CertificateAuthority) -> Self {
        Self::launch(false, Some(RedisTls::mutual(authority)), None, random_password()).await
    }

    /// Replaces the certificate of the server and the authority of its clients. Open connections continue.
    pub async fn replace_tls(&mut self, authority: &CertificateAuthority) {
        let tls = RedisTls::mutual(authority);
        // The server reads the files when their names change.
        let prefix = random_password();
        write_tls(self.directory.path(), &prefix, &tls);
        let mut set = redis::cmd("CONFIG");
        set.arg("SET");
        for [name, file] in TLS_SETTINGS {
            set.arg(name.trim_start_matches("--")).arg(format!("{prefix}{file}"));
        }
        set.exec_async(&mut self.admin().await).await.expect("new certificates");
        write_tls(self.directory.path(), "", &tls);
        self.tls = Some(tls);
    }

    /// Closes the connections of the service. Returns their number.
    pub async fn disconnect_service(&self) -> u64 {
        let closed = self.command(&["CLIENT", "KILL", "USER", SERVICE_USER]).await.expect("closed connections");
        redis::from_redis_value(closed).expect("a number")
    }

    /// Returns the IDs of the connections of the service.
    pub async fn service_connections(&self) -> BTreeSet<u64> {
        let list = self.command(&["CLIENT", "LIST"]).await.expect("the connections");
        let list: String = redis::from_redis_value(list).expect("text");
        let of_service = list.lines().filter(|line| line.contains(&format!(" user={SERVICE_USER} ")));
        let id = |line: &str| line.split(' ').next()?.strip_prefix("id=")?.parse().ok();
        of_service.filter_map(id).collect()
    }

    /// Starts a node that may become part of a Cluster, whose nodes all have the same `password`. Another node that has
    /// been silent for `timeout` counts as failed. With `tls` it accepts only TLS, also from other nodes.
    pub async fn cluster_node(password: &str, timeout: Duration, tls: Option<RedisTls>) -> Self {
        let node = ClusterNodeOptions { bus_port: 0, timeout };
        Self::launch(false, tls, Some(node), password.to_owned()).await
    }

    /// Returns the URL of the service's connections, with the user in `deploy/users.acl`.
    pub fn url(&self) -> String {
        self.url_through(self.address)
    }

    /// Returns [`url`](Self::url) with the address of a proxy in front of the server.
    pub fn url_through(&self, address: SocketAddr) -> String {
        self.url_of(SERVICE_USER, address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the directory of the server's data files and its log.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the authority, in PEM, that a client of a [`tls`](Self::tls) server must trust.
    pub fn authority(&self) -> Option<&str> {
        self.tls.as_ref().map(RedisTls::authority)
    }

    /// Returns a connection of a user with all permissions, to inspect the data of the service.
    pub async fn admin(&self) -> MultiplexedConnection {
        self.connect(ADMIN).await.expect("a connection as the admin of the test's server")
    }

    /// Suspends the server: connections stay open, and no response is sent.
    pub fn pause(&self) {
        self.with_process(ServerProcess::pause);
    }

    pub fn resume(&self) {
        self.with_process(ServerProcess::resume);
    }

    /// Kills the server, as `kill -9` does.
    pub fn kill(&self) {
        drop(self.process.lock().expect("the server").take());
    }

    /// Restarts the server with the same port and directory. Kills it first if it still runs.
    pub async fn restart(&self) {
        self.kill();
        let process = self.start_process().await;
        let process = process.unwrap_or_else(|log| panic!("no restart: {log}"));
        *self.process.lock().expect("the server") = Some(process);
    }

    /// Restarts this server with a copy of the data of `other`, which must also keep only snapshots.
    pub async fn restart_as_copy_of(&self, other: &Self) {
        other.command(&["SAVE"]).await.expect("a snapshot");
        self.kill();
        let [from, to] = [other, self].map(|server| server.directory.path().join("dump.rdb"));
        fs::copy(from, to).expect("a copy of the snapshot");
        self.restart().await;
    }

    /// Executes a command as the admin.
    pub async fn command(&self, words: &[&str]) -> redis::RedisResult<redis::Value> {
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut self.admin().await).await
    }

    /// Makes this server a replica of `master`. Returns when it has all of its data.
    pub async fn replicate(&self, master: &Self) {
        master.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await.expect("a setting");
        self.command(&["CONFIG", "SET", "masteruser", ADMIN, "masterauth", &master.password]).await.expect("a login");
        let [host, port] = [master.address.ip().to_string(), master.address.port().to_string()];
        self.command(&["REPLICAOF", &host, &port]).await.expect("a replica");
        until("the replica is connected", async || self.replication().await.contains("master_link_status:up")).await;
    }

    /// Returns when its replica has all data written so far.
    pub async fn wait_until_replicated(&self) {
        until("the replica has everything", async || self.lag().await == Some(0)).await;
    }

    /// Returns the bytes that its replica has yet to acknowledge.
    async fn lag(&self) -> Option<u64> {
        let info = self.replication().await;
        let number = |text: &str| text.trim_end().parse::<u64>().ok();
        let offset = info.lines().find_map(|line| number(line.strip_prefix("master_repl_offset:")?))?;
        let replica = info.lines().find(|line| line.starts_with("slave0:"))?;
        let has = replica.split(',').find_map(|part| number(part.strip_prefix("offset=")?))?;
        Some(offset - has)
    }

    async fn replication(&self) -> String {
        redis::cmd("INFO").arg("replication").query_async(&mut self.admin().await).await.expect("INFO")
    }

    /// Makes it the replica of a master that cannot be reached, so that it receives no further changes.
    pub async fn demote(&self) {
        self.command(&["REPLICAOF", "127.0.0.1", "1"]).await.expect("a replica");
    }

    /// Makes it a master.
    pub async fn promote(&self) {
        self.command(&["REPLICAOF", "NO", "ONE"]).await.expect("a master");
    }

    async fn launch(durable: bool, tls: Option<RedisTls>, node: Option<ClusterNodeOptions>, password: String) -> Self {
        let directory = ServerDirectory::new("redis-", EndSignal::Kill);
        write_settings(directory.path(), &password, tls.as_ref());
        let mut server = Self {
            process: Mutex::new(None),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            password,
            tls,
            durable,
            node,
            directory,
        };
        loop {
            server.address.set_port(ports::free());
            if let Some(node) = &mut server.node {
                node.bus_port = ports::free();
            }
            match server.start_process().await {
                Ok(process) => {
                    *server.process.lock().expect("the server") = Some(process);
                    return server;
                }
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("redis-server did not start: {log}"),
            }
        }
    }

    fn spawn(&self) -> ServerProcess {
        let port = self.address.port().to_string();
        let mut command = Command::new("redis-server");
        command.arg(CONFIGURATION);
        command.arg("--dir").arg(self.directory.path());
        command.args(["--bind", "127.0.0.1", "--aclfile", "users.acl"]);
        command.args(if self.durable { ["--appendfsync", "always"] } else { ["--appendonly", "no"] });
        if let Some(tls) = &self.tls {
            command.args(["--port", "0", "--tls-port", &port]);
            command.args(TLS_SETTINGS.as_flattened());
            command.args(["--tls-auth-clients", if tls.admin.is_some() { "yes" } else { "no" }]);
        } else {
            command.args(["--port", &port]);
        }
        if let Some(node) = &self.node {
            command.args(self.settings_of(node));
        }
        self.directory.spawn(command)
    }

    fn settings_of(&self, node: &ClusterNodeOptions) -> Vec<String> {
        let tls = if self.tls.is_some() { "yes" } else { "no" };
        let settings = [
            ("--cluster-enabled", "yes"),
            ("--cluster-config-file", "nodes.conf"),
            ("--cluster-port", &node.bus_port.to_string()),
            ("--cluster-node-timeout", &node.timeout.as_millis().to_string()),
            ("--cluster-replica-validity-factor", "0"),
            ("--repl-diskless-sync-delay", "0"),
            ("--masteruser", ADMIN),
            ("--masterauth", &self.password),
            ("--tls-cluster", tls),
            ("--tls-replication", tls),
        ];
        settings.iter().flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]).collect()
    }

    /// Returns the address of the node for its Cluster: host, port and the port of the cluster bus.
    pub fn cluster_address(&self) -> [String; 3] {
        let bus_port = self.node.as_ref().expect("a node of a Cluster").bus_port;
        [self.address.ip().to_string(), self.address.port().to_string(), bus_port.to_string()]
    }

    async fn start_process(&self) -> Result<ServerProcess, String> {
        let answers = async || match self.connect(ADMIN).await {
            Ok(mut connection) => redis::cmd("PING").exec_async(&mut connection).await.is_ok(),
            Err(_) => false,
        };
        self.spawn().wait_until_ready(answers).await
    }

    async fn connect(&self, user: &str) -> redis::RedisResult<MultiplexedConnection> {
        let url = self.url_of(user, self.address);
        let client = match &self.tls {
            Some(tls) => Client::build_with_tls(url, tls.certificates())?,
            None => Client::open(url)?,
        };
        client.get_multiplexed_async_connection().await
    }

    fn url_of(&self, user: &str, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://{user}:{}@{address}", self.password)
    }

    fn with_process(&self, act: impl FnOnce(&ServerProcess)) {
        act(self.process.lock().expect("the server").as_ref().expect("a running server"));
    }
}

fn write_settings(directory: &Path, password: &str, tls: Option<&RedisTls>) {
    let hash = HEXLOWER.encode(&Sha256::digest(password));
    let service = ACCESS_RIGHTS.replace("@PASSWORD_SHA256@", &hash);
    let admin = format!("user {ADMIN} on #{hash} ~* &* +@all\n");
    write(directory, "users.acl", &(service + &admin));
    if let Some(tls) = tls {
        write_tls(directory, "", tls);
    }
}

/// Writes the files of [`TLS_SETTINGS`], with a prefix to their names.
fn write_tls(directory: &Path, prefix: &str, RedisTls { server, .. }: &RedisTls) {
    let contents = [&server.certificate, &server.key, &server.authority];
    for ([_, file], content) in TLS_SETTINGS.iter().zip(contents) {
        write(directory, &format!("{prefix}{file}"), content);
    }
}

fn write(directory: &Path, name: &str, content: &str) {
    fs::write(directory.join(name), content).expect("a file in a temporary directory");
}
