//! Servers that run the program: `dev`, and `serve` with a configuration.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tonic::transport::Channel;

use super::program::{ProgramOutput, program, run};
use crate::support::directory::{EndSignal, ServerDirectory};
use crate::support::ports;
use crate::support::process::ServerProcess;

/// A running server; it is ended on drop.
pub struct ServerProgram {
    pub url: String,
    /// Host and port of probes and metrics.
    pub management: String,
    process: Option<ServerProcess>,
    /// Its command line arguments.
    args: Vec<String>,
    directory: ServerDirectory,
}

impl ServerProgram {
    /// Starts a development server, which prints its addresses.
    pub async fn dev() -> Self {
        Self::dev_as(program()).await
    }

    /// Starts a development server by a command made with [`without_environment`](super::program::without_environment).
    pub async fn dev_as(mut command: Command) -> Self {
        let directory = ServerDirectory::new("session-authority-dev", EndSignal::Kill);
        let log = directory.path().join("server.log");
        command.args(["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--data", "data"]);
        // The machine may be busy with other tests.
        command.env("SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT", "1m");
        let process = directory.spawn(command);
        let process = process.wait_until_ready(async || address(&log, "gRPC ").is_some()).await.expect("a server");
        let url = address(&log, "gRPC ").expect("its address");
        let management = address(&log, "management ").expect("the other address").replace("http://", "");
        Self { url, management, process: Some(process), args: Vec::new(), directory }
    }

    /// Starts a server with the configuration `file`, in which `PORT` stands for its port.
    pub async fn configured(directory: ServerDirectory, file: &str, scheme: &str) -> Self {
        let port = ports::free();
        let management = format!("127.0.0.1:{}", ports::free());
        let path = directory.path().join(file);
        let text = fs::read_to_string(&path).expect("a configuration").replace("PORT", &port.to_string());
        fs::write(&path, text).expect("the configuration");
        let url = format!("{scheme}://127.0.0.1:{port}");
        let args = ["serve", "--management", &management, "--config", file].map(str::to_owned).into();
        let mut server = Self { url, management, process: None, args, directory };
        server.start_again().await;
        server
    }

    /// Kills a [`configured`](Self::configured) server, as `kill -9` does.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Ends it by SIGTERM, and waits until it has ended.
    pub async fn stop(&mut self) {
        self.process.take().expect("a server that runs").terminate().await;
    }

    /// Suspends it, as a machine that is put to sleep does.
    pub fn pause(&self) {
        self.process.as_ref().expect("a server that runs").pause();
    }

    pub fn resume(&self) {
        self.process.as_ref().expect("a server that runs").resume();
    }

    /// Starts it again at the same address.
    pub async fn start_again(&mut self) {
        self.start_as(program()).await;
    }

    /// Starts it again by a command made with [`without_environment`](super::program::without_environment).
    pub async fn start_as(&mut self, mut command: Command) {
        command.args(&self.args);
        let (_, address) = self.url.split_once("://").expect("an address");
        let listens = async || TcpStream::connect(address).is_ok();
        self.process = Some(self.directory.spawn(command).wait_until_ready(listens).await.expect("a server"));
    }

    /// Returns the directory of its files, unless its configuration places them elsewhere.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns its process ID.
    pub fn id(&self) -> u32 {
        self.process.as_ref().expect("a server that runs").id()
    }

    /// Returns its log since the last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("server.log")).expect("its log")
    }

    /// Returns a channel that connects on use and reconnects.
    pub fn channel(&self) -> Channel {
        Channel::from_shared(self.url.clone()).expect("an address").connect_lazy()
    }

    /// Returns the program, to be run against this server.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.args(args).env("SESSION_AUTHORITY_SERVER", &self.url);
        command
    }

    pub fn run(&self, args: &[&str]) -> ProgramOutput {
        run(&mut self.program(args), "")
    }

    /// Returns the JSON document that a command prints.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.run(&[args, &["--json"]].concat()).expect_success();
        serde_json::from_str(&text).expect("one JSON document")
    }

    /// Creates a session of `user`. Returns its token and its ID.
    #[track_caller]
    pub fn create(&self, user: &str) -> (String, String) {
        let created = self.json(&["create", user, "--user-agent", "curl/8.5.0"]);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&created["token"]), text(&created["session"]["session_id"]))
    }
}

/// Returns the address that a server prints for `what`.
fn address(log: &Path, what: &str) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    let (_, rest) = text.split_once(what)?;
    // The message ends with examples of commands; then it is complete.
    text.contains("revoke-all").then(|| rest.split_whitespace().next().map(str::to_owned)).flatten()
}
