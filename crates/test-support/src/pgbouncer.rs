//! A PgBouncer for one test, in front of the tests' PostgreSQL.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use tokio::net::TcpStream;

use crate::{
    directory::{EndSignal, ServerDirectory},
    ports,
    postgres::ServerAccount,
    process::ServerProcess,
};

/// The mode in which PgBouncer assigns server connections.
#[derive(Clone, Copy, Debug)]
pub enum PoolMode {
    /// Per transaction, with fewer server connections than clients, so that clients share them.
    Transaction,
    /// For as long as the client is connected.
    Session,
}

/// A running PgBouncer, which is ended on drop.
pub struct PgBouncer {
    _process: ServerProcess,
    port: u16,
    postgres: SocketAddr,
    directory: ServerDirectory,
}

impl PgBouncer {
    /// Starts a pooler that serves every database of the server of `database`, for the account in that URL, with the
    /// default settings of PgBouncer.
    pub async fn start(mode: PoolMode, database: &str) -> Self {
        let (credentials, rest) = database.split_once('@').expect("an address");
        let postgres = rest.split_once('/').expect("a database").0.parse().expect("an address");
        let (user, password) = credentials.trim_start_matches("postgres://").split_once(':').expect("a password");
        loop {
            let directory = ServerDirectory::new("pgbouncer-", EndSignal::Kill);
            let port = ports::free();
            write_configuration(&directory, mode, postgres, port);
            let users = directory.path().join("users.txt");
            fs::write(&users, format!("\"{user}\" \"{password}\"\n")).expect("a file in a temporary directory");
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let started = directory
                .spawn(command(&directory))
                .wait_until_ready(async || TcpStream::connect(address).await.is_ok());
            match started.await {
                Ok(process) => return Self { _process: process, port, postgres, directory },
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("PgBouncer did not start: {log}"),
            }
        }
    }

    /// Returns the URL of the same database through this pooler.
    pub fn url_of(&self, database: &str) -> String {
        database.replace(&self.postgres.to_string(), &format!("127.0.0.1:{}", self.port))
    }

    /// Returns its output.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("server.log")).expect("the log of a server")
    }
}

fn write_configuration(directory: &ServerDirectory, mode: PoolMode, postgres: SocketAddr, port: u16) {
    let (mode, connections) = match mode {
        PoolMode::Transaction => ("transaction", 3),
        PoolMode::Session => ("session", 40),
    };
    let configuration = format!(
        "[databases]\n\
         * = host={} port={}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = plain\n\
         auth_file = users.txt\n\
         pool_mode = {mode}\n\
         default_pool_size = {connections}\n",
        postgres.ip(),
        postgres.port(),
    );
    fs::write(directory.path().join("pgbouncer.ini"), configuration).expect("a file in a temporary directory");
}

/// Runs it with a separate account if the tests run as root, because PgBouncer refuses to run as root.
fn command(directory: &ServerDirectory) -> Command {
    let mut command = Command::new(program());
    command.arg("pgbouncer.ini");
    if let Some(account) = ServerAccount::for_server(directory.path()) {
        for file in ["pgbouncer.ini", "users.txt"] {
            account.change_owner(&directory.path().join(file));
        }
        command.uid(account.user).gid(account.group);
    }
    command
}

/// Debian installs it where only root's PATH leads.
fn program() -> PathBuf {
    let debian = PathBuf::from("/usr/sbin/pgbouncer");
    if debian.exists() { debian } else { "pgbouncer".into() }
}
