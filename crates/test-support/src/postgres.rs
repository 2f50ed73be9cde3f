//! A PostgreSQL server for the tests.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

use crate::{
    certificates::{CertificateAuthority, ServerCertificate},
    directory::{EndSignal, ServerDirectory},
    password::random_password,
    ports,
    process::{self, ServerProcess},
    wait::until,
};

/// Settings without protection against a crash of the machine, which no test has.
const FOR_TESTS: &[&str] = &["fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=32MB"];

/// A running PostgreSQL. It is ended on drop, and its directory is removed.
pub struct PostgresServer {
    process: Mutex<Option<ServerProcess>>,
    port: u16,
    password: String,
    databases: AtomicU32,
    account: Option<ServerAccount>,
    settings: &'static [&'static str],
    /// Set if the server accepts only TLS with a client certificate.
    has_tls: bool,
    directory: ServerDirectory,
}

/// Settings of a server that accepts only TLS. The paths are relative to its data.
const WITH_TLS: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "ssl=on",
    "ssl_cert_file=../server.pem",
    "ssl_key_file=../server.key",
    "ssl_ca_file=../clients.pem",
];

/// Requires a client certificate from every client.
const TLS_ACCESS: &str = "hostssl all all 127.0.0.1/32 password clientcert=verify-ca\n";

/// The certificates of a server with TLS and of its client.
pub struct PostgresCertificates {
    pub server: ServerCertificate,
    pub clients: CertificateAuthority,
}

impl PostgresServer {
    /// Returns the shared server of this test process, for every test that leaves it running.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<PostgresServer> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// Starts a server for one test, which may stop and start it.
    pub async fn start() -> Self {
        Self::start_with(FOR_TESTS).await
    }

    /// Starts a server with the default settings of PostgreSQL, which keeps committed data: for benchmarks.
    pub async fn durable() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with `settings`, each as `name=value`.
    pub async fn start_with(settings: &'static [&'static str]) -> Self {
        Self::launch(settings, None).await
    }

    /// Starts a server that accepts only TLS with a client certificate.
    pub async fn tls(certificates: &PostgresCertificates) -> Self {
        Self::launch(WITH_TLS, Some(certificates)).await
    }

    async fn launch(settings: &'static [&'static str], certificates: Option<&PostgresCertificates>) -> Self {
        let directory = ServerDirectory::new("postgres-", EndSignal::Quit);
        let account = ServerAccount::for_server(directory.path());
        let mut server = Self {
            process: Mutex::new(None),
            port: 0,
            password: random_password(),
            databases: AtomicU32::new(0),
            account,
            settings,
            has_tls: certificates.is_some(),
            directory,
        };
        server.initialise();
        if let Some(certificates) = certificates {
            server.put("data/pg_hba.conf", TLS_ACCESS);
            server.put_certificates(certificates);
        }
        loop {
            server.port = ports::free();
            match server.start_process(None).await {
                Ok(process) => {
                    *server.process.lock().expect("the server") = Some(process);
                    return server;
                }
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("PostgreSQL did not start: {log}"),
            }
        }
    }

    /// Returns the URL of a new, empty database.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.connect().await.expect("a connection to the test's server");
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a new database");
        self.url_of(&name)
    }

    /// Gives the server and its clients these certificates. The server uses them after a restart.
    pub fn put_certificates(&self, certificates: &PostgresCertificates) {
        let PostgresCertificates { server, clients } = certificates;
        let client = clients.issue_client(&[]);
        for (file, content) in [
            ("server.pem", &server.certificate),
            ("server.key", &server.key),
            ("authority.pem", &server.authority),
            ("clients.pem", &clients.certificate),
            ("client.pem", &client.certificate),
            ("client.key", &client.key),
        ] {
            self.put(file, content);
        }
    }

    fn put(&self, file: &str, content: &str) {
        let path = self.directory.path().join(file);
        fs::write(&path, content).expect("a file in a temporary directory");
        // PostgreSQL refuses a private key that others can read.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        if let Some(account) = &self.account {
            account.change_owner(&path);
        }
    }

    /// Returns its output since the last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("server.log")).expect("the log of a server")
    }

    /// Stops the server without asking its clients. Committed data is there after a restart.
    pub fn stop(&self) {
        drop(self.process.lock().expect("the server").take());
    }

    /// Kills every process of the server at once, like `kill -9` for each of them.
    pub async fn kill(&self) {
        let Some(server) = self.process.lock().expect("the server").take() else { return };
        let parts = server.kill_with_children();
        // A new server does not start next to the remains of an old one.
        until("every process of the server is gone", async || !parts.iter().any(|id| process::is_alive(*id))).await;
    }

    /// Restarts the server with the same port and databases. Stops it first if it still runs.
    pub async fn restart(&self) {
        self.restart_with_file_limit(None).await;
    }

    /// Restarts the server so that none of its files can grow beyond `kib` KiB: the next best thing to a full disk. WAL
    /// segments have 16 MiB, so `kib` must be larger.
    pub async fn restart_with_file_limit(&self, kib: Option<u32>) {
        self.stop();
        let process = self.start_process(kib).await;
        let process = process.unwrap_or_else(|log| panic!("no restart: {log}"));
        *self.process.lock().expect("the server") = Some(process);
    }

    fn initialise(&self) {
        let password = self.directory.path().join("password");
        fs::write(&password, &self.password).expect("a file in a temporary directory");
        if let Some(account) = &self.account {
            account.change_owner(&password);
        }
        let mut initdb = self.program("initdb");
        initdb.args(["--username=postgres", "--auth=password", "--encoding=UTF8", "--locale=C"]);
        initdb.args(["--no-sync", "--pgdata=data", "--pwfile=password"]);
        let output = initdb
            .output()
            .unwrap_or_else(|error| panic!("cannot run initdb: {error}; `make test-servers` installs what is missing"));
        assert!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn spawn(&self, kib: Option<u32>) -> ServerProcess {
        let mut command = match kib {
            None => self.program("postgres"),
            Some(kib) => self.in_server_directory(process::with_small_files(find_program("postgres"), kib)),
        };
        command.args(["-D", "data", "-p", &self.port.to_string()]);
        let always = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "log_min_messages=warning"];
        for setting in always.iter().chain(self.settings) {
            command.args(["-c", setting]);
        }
        self.directory.spawn(command)
    }

    async fn start_process(&self, kib: Option<u32>) -> Result<ServerProcess, String> {
        self.spawn(kib).wait_until_ready(async || self.connect().await.is_ok()).await
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.url_of("postgres")).await
    }

    fn url_of(&self, database: &str) -> String {
        let url = format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port);
        if !self.has_tls {
            return url;
        }
        let [authority, certificate, key] =
            ["authority.pem", "client.pem", "client.key"].map(|file| self.directory.path().join(file));
        let [authority, certificate, key] = [&authority, &certificate, &key].map(|path| path.display());
        format!("{url}?sslmode=verify-full&sslrootcert={authority}&sslcert={certificate}&sslkey={key}")
    }

    fn program(&self, name: &str) -> Command {
        self.in_server_directory(Command::new(find_program(name)))
    }

    /// Makes the command run in the server's directory by the server's account.
    fn in_server_directory(&self, mut command: Command) -> Command {
        command.current_dir(self.directory.path());
        if let Some(account) = &self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }
}

/// Returns the program in the newest version in Debian's directory for them, which is not in the PATH, or otherwise its
/// name.
fn find_program(program: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions
        .map(|version| version.path().join("bin").join(program))
        .filter(|path| path.exists())
        .max_by_key(|path| {
            let version = path.iter().nth_back(2).and_then(|name| name.to_str());
            version.and_then(|name| name.parse::<u32>().ok())
        })
        .unwrap_or_else(|| program.into())
}

/// An account for a server if the tests run as root, because PostgreSQL and PgBouncer refuse to run as root.
pub(crate) struct ServerAccount {
    pub user: u32,
    pub group: u32,
}

impl ServerAccount {
    /// Returns `postgres` or otherwise `nobody`, which becomes the owner of `directory`. Returns `None` if the tests do
    /// not run as root.
    pub fn for_server(directory: &Path) -> Option<Self> {
        let owner = fs::metadata(directory).expect("a directory just made").uid();
        if owner != 0 {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("the accounts of this machine");
        let account = ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::find(&accounts, name))
            .expect("an account named postgres or nobody");
        account.change_owner(directory);
        Some(account)
    }

    fn find(accounts: &str, name: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            let user = fields.nth(1)?.parse().ok()?;
            let group = fields.next()?.parse().ok()?;
            Some(Self { user, group })
        })
    }

    pub fn change_owner(&self, path: &Path) {
        chown(path, Some(self.user), Some(self.group)).expect("root may give files away");
    }
}
