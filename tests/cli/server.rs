//! Servers that the program is: `dev`, and `serve` with a configuration.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::program::{Ran, program, run};
use crate::support::directory::{EndSignal, ServerDirectory};
use crate::support::ports;
use crate::support::process::ServerProcess;

/// A running server; ends when it is dropped.
pub struct Server {
    pub url: String,
    /// Host and port of probes and metrics.
    pub management: String,
    _process: ServerProcess,
    _directory: ServerDirectory,
}

impl Server {
    /// One for development, which says itself where it listens.
    pub async fn dev() -> Self {
        let directory = ServerDirectory::new("session-authority-dev", EndSignal::Kill);
        let log = directory.path().join("server.log");
        let mut command = program();
        command.args(["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--data", "data"]);
        let process = directory.spawn(command);
        let process = process.once(async || address(&log, "gRPC ").is_some()).await.expect("a server");
        let url = address(&log, "gRPC ").expect("its address");
        let management = address(&log, "management ").expect("the other address").replace("http://", "");
        Self { url, management, _process: process, _directory: directory }
    }

    /// One with the configuration `file`, in which `PORT` stands for its port.
    pub async fn configured(directory: ServerDirectory, file: &str, scheme: &str) -> Self {
        let port = ports::free();
        let management = format!("127.0.0.1:{}", ports::free());
        let path = directory.path().join(file);
        let text = fs::read_to_string(&path).expect("a configuration").replace("PORT", &port.to_string());
        fs::write(&path, text).expect("the configuration");
        let mut command = program();
        command.args(["serve", "--management", &management, "--config", file]);
        let process = directory.spawn(command);
        let listens = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let process = process.once(listens).await.expect("a server");
        let url = format!("{scheme}://127.0.0.1:{port}");
        Self { url, management, _process: process, _directory: directory }
    }

    /// The program, to be run against this server.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.args(args).env("SESSION_AUTHORITY_SERVER", &self.url);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.program(args), "")
    }

    /// The JSON document that a command prints.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.run(&[args, &["--json"]].concat()).done();
        serde_json::from_str(&text).expect("one JSON document")
    }

    /// The token and the id of a new session of `user`.
    #[track_caller]
    pub fn create(&self, user: &str) -> (String, String) {
        let created = self.json(&["create", user, "--user-agent", "curl/8.5.0"]);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&created["token"]), text(&created["session"]["session_id"]))
    }
}

/// What a server says that it has at `what`.
fn address(log: &Path, what: &str) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    let (_, rest) = text.split_once(what)?;
    // The text ends with what is to be tried, so that it is there as a whole.
    text.contains("revoke-all").then(|| rest.split_whitespace().next().map(str::to_owned)).flatten()
}
