//! A server as a child process.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::directory::{EndSignal, Watchdog};

const POLL: Duration = Duration::from_millis(3);

/// How long a server on a busy machine may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; dropping it ends the process and waits for that.
pub struct ServerProcess {
    server: Child,
    log: PathBuf,
    watchdog: Arc<Watchdog>,
}

impl ServerProcess {
    /// Starts `command` under the watchdog, with all that it prints in the file `log`.
    pub fn spawn(mut command: Command, log: PathBuf, watchdog: Arc<Watchdog>) -> Self {
        let stdout = File::create(&log).expect("a log file");
        let stderr = stdout.try_clone().expect("the log file again");
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        // Ctrl-C at the terminal is for the tests; this follows from their end.
        let server = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("cannot start {command:?}: {error}; `make test-servers` installs what is missing")
        });
        watchdog.server_started(server.id());
        Self { server, log, watchdog }
    }

    /// The server once it `answers`, or what it printed if it ended instead.
    pub async fn once(mut self, answers: impl AsyncFn() -> bool) -> Result<Self, String> {
        let waiting = async {
            while !self.has_exited() {
                if answers().await {
                    return true;
                }
                tokio::time::sleep(POLL).await;
            }
            false
        };
        let Ok(answered) = tokio::time::timeout(PATIENCE, waiting).await else {
            panic!("the server answers nothing: {}", self.log())
        };
        if answered { Ok(self) } else { Err(self.log()) }
    }

    /// Of the process.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// Stops the server in its tracks: connections stay open, nothing is answered.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn has_exited(&mut self) -> bool {
        self.server.try_wait().expect("the state of a child").is_some()
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Through the shell's own `kill`: not every machine has a program of that name.
    fn signal(&self, name: &str) {
        let status = Command::new("sh")
            .args(["-c", r#"kill -s "$1" "$2""#, "kill", name])
            .arg(self.id().to_string())
            .stderr(Stdio::null())
            .status()
            .expect("sh, to send a signal");
        assert!(status.success(), "cannot send {name} to a server that has ended");
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if !self.has_exited() {
            match self.watchdog.end_signal() {
                EndSignal::Kill => drop(self.server.kill()),
                quit @ EndSignal::Quit => self.signal(quit.name()),
            }
        }
        self.watchdog.server_ended();
        drop(self.server.wait());
    }
}
