//! A development server, from start to shutdown.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::program::{PROGRAM, program, without_environment};
use super::server::ServerProgram;
use crate::support::mmdb;

/// A server that is killed if the test does not end it.
struct DevProcess(Child);

impl DevProcess {
    /// Starts it and waits for its startup message.
    fn start(args: &[&str]) -> (Self, String) {
        Self::start_as(program(), args)
    }

    /// Starts a command that becomes the program.
    fn start_as(mut command: Command, args: &[&str]) -> (Self, String) {
        command.args(["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"]).args(args);
        let mut server = Self(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server"));
        let out = BufReader::new(server.0.stdout.take().expect("its output"));
        let mut said = String::new();
        for line in out.lines().map(|line| line.expect("a line")) {
            said.push_str(&line);
            said.push('\n');
            if line.contains("revoke-all") {
                break;
            }
        }
        (server, said)
    }

    /// Terminates it. Returns its exit code.
    fn terminate(self) -> Option<i32> {
        self.end_with_signal("TERM")
    }

    fn end_with_signal(mut self, signal: &str) -> Option<i32> {
        self.send(signal);
        self.0.wait().expect("its end").code()
    }

    fn send(&self, signal: &str) {
        let id = self.0.id().to_string();
        let script = r#"kill -s "$1" "$2""#;
        let status = Command::new("sh").args(["-c", script, "kill", signal, &id]).status().expect("sh");
        assert!(status.success());
    }

    /// Returns true if the process has a handler for a hangup.
    fn handles_hangup(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("its status");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("caught signals");
        u64::from_str_radix(caught.trim(), 16).expect("a mask") & 1 == 1
    }
}

impl Drop for DevProcess {
    fn drop(&mut self) {
        // The process may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn value<'a>(said: &'a str, name: &str) -> &'a str {
    let line = said.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
    line.split_whitespace().next().expect("a value")
}

#[test]
fn it_says_where_it_is_and_leaves_nothing_behind() {
    let (server, said) = DevProcess::start(&[]);
    assert!(said.contains("temporary, removed on exit"), "{said}");
    assert!(said.contains("anonymous, with every role"), "{said}");
    let url = value(&said, "gRPC");
    assert!(said.contains(&format!("list ann --server {url}\n")), "{said}");
    let data = PathBuf::from(value(&said, "data"));
    assert!(data.join("sessions.db").exists(), "{said}");
    assert_eq!(server.terminate(), Some(0));
    assert!(!data.exists());
}

#[test]
fn every_signal_that_ends_a_process_ends_it_in_order() {
    for signal in ["INT", "QUIT", "HUP"] {
        let (server, said) = DevProcess::start(&[]);
        let data = PathBuf::from(value(&said, "data"));
        assert!(server.handles_hangup());
        assert_eq!(server.end_with_signal(signal), Some(0), "{signal}");
        assert!(!data.exists(), "{signal}: its data is removed");
    }
}

/// Closing a terminal sends a hangup, and so may the shell in it.
#[test]
fn a_second_hangup_does_not_cut_the_shutdown_short() {
    for (second, code) in [("HUP", Some(0)), ("TERM", Some(1))] {
        let mut patient = program();
        patient.env("SESSION_AUTHORITY__SHUTDOWN__DELAY", "4s");
        let (mut server, said) = DevProcess::start_as(patient, &[]);
        let management = value(&said, "management").trim_start_matches("http://").to_owned();
        wait_until_ready_is(true, &management);
        server.send("HUP");
        wait_until_ready_is(false, &management);
        server.send(second);
        assert_eq!(server.0.wait().expect("its end").code(), code, "{second}");
    }
}

/// Waits until `/readyz` at `management` reports that the server is ready, or that it is not.
fn wait_until_ready_is(ready: bool, management: &str) {
    let is_ready = || {
        let mut stream = TcpStream::connect(management).expect("a connection");
        let request = format!("GET /readyz HTTP/1.1\r\nhost: {management}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        response.starts_with("HTTP/1.1 200")
    };
    while is_ready() != ready {
        std::thread::yield_now();
    }
}

#[test]
fn a_hangup_that_is_to_be_ignored_is_ignored() {
    let mut nohup = without_environment(Command::new("sh"));
    nohup.args(["-c", r#"trap '' HUP; exec "$0" "$@""#, PROGRAM]);
    let (server, _) = DevProcess::start_as(nohup, &[]);
    assert!(!server.handles_hangup());
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn sessions_outlast_it_where_it_keeps_its_data() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let data = data.to_str().expect("a path");
    let run = |said: &str, args: &[&str]| {
        let mut command = program();
        super::program::run(command.args(args).args(["--server", value(said, "gRPC")]), "").expect_success()
    };
    let (server, said) = DevProcess::start(&["--data", data]);
    assert!(said.contains("(persistent)"), "{said}");
    run(&said, &["create", "ann"]);
    assert_eq!(server.terminate(), Some(0));
    assert!(fs::exists(data).expect("a file system that can be read"));

    let (_server, said) = DevProcess::start(&["--data", data]);
    let listed = run(&said, &["list", "ann"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
}

#[test]
fn sessions_are_listed_with_their_places_where_a_database_is_given() {
    let directory = tempfile::tempdir().expect("a directory");
    mmdb::replace_file(&directory.path().join("city.mmdb"), &mmdb::nested("81.2.69.0/24", "London"));
    let path = directory.path().to_str().expect("a path");
    let (_server, said) = DevProcess::start(&["--geoip", path]);
    let run = |args: &[&str]| {
        let mut command = program();
        super::program::run(command.args(args).args(["--server", value(&said, "gRPC")]), "").expect_success()
    };
    run(&["create", "ann", "--user-agent", "curl/8.5.0", "--ip", "81.2.69.142"]);
    let listed = run(&["list", "ann"]);
    assert!(listed.contains("  curl (London, active just now)  in 30 d  "), "{listed}");
}

#[test]
fn a_directory_without_databases_is_a_wrong_usage() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("a path");
    let stderr = super::program::run(program().args(["dev", "--geoip", path]), "").expect_exit_code(2);
    assert!(stderr.contains("--geoip") && stderr.contains("no .mmdb files in the directory"), "{stderr}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let server = ServerProgram::dev().await;
    let address = server.url.strip_prefix("http://").expect("an address");
    let ran = super::program::run(program().args(["dev", "--management", "127.0.0.1:0", "--listen", address]), "");
    let err = ran.expect_exit_code(1);
    assert!(err.contains(address), "{err}");
}
