//! A server as a child process.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::watchdog::{EndSignal, ServerWatchdog};

const POLL: Duration = Duration::from_millis(3);

/// Time limit for the start of a server on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A running server. It is ended and reaped on drop.
pub struct ServerProcess {
    server: Child,
    log: PathBuf,
    watchdog: Arc<ServerWatchdog>,
}

impl ServerProcess {
    /// Starts `command` under the watchdog, with all its output in the file `log`.
    pub fn spawn(mut command: Command, log: PathBuf, watchdog: Arc<ServerWatchdog>) -> Self {
        let stdout = File::create(&log).expect("a log file");
        let stderr = stdout.try_clone().expect("the log file again");
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        // Ctrl-C in the terminal is for the tests; the end of the server follows from theirs.
        let server = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("cannot start {command:?}: {error}; `make test-servers` installs what is missing")
        });
        watchdog.server_started(server.id());
        Self { server, log, watchdog }
    }

    /// Returns the server once it `answers`, or its output if it ended instead.
    pub async fn wait_until_ready(mut self, answers: impl AsyncFn() -> bool) -> Result<Self, String> {
        let waiting = async {
            while !self.has_exited() {
                if answers().await {
                    return true;
                }
                tokio::time::sleep(POLL).await;
            }
            false
        };
        let Ok(answered) = tokio::time::timeout(START_TIMEOUT, waiting).await else {
            panic!("the server does not respond: {}", self.log())
        };
        if answered { Ok(self) } else { Err(self.log()) }
    }

    /// Returns the process ID.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// Suspends the server: connections stay open, and no response is sent.
    pub fn pause(&self) {
        self.signal("STOP");
        // One thread receives the signal and stops the others. Until it runs, they may still respond.
        while stat_of(self.id()).is_some_and(|(state, _)| !matches!(state, 'T' | 'Z')) {
            std::thread::yield_now();
        }
    }

    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Asks it to end, and waits until it has.
    pub async fn terminate(mut self) {
        self.signal("TERM");
        let waiting = async {
            while !self.has_exited() {
                tokio::time::sleep(POLL).await;
            }
        };
        let ended = tokio::time::timeout(START_TIMEOUT, waiting).await;
        assert!(ended.is_ok(), "the server does not end: {}", self.log());
    }

    /// Kills it and its children at once. Returns the IDs of the children, which may need a moment to end.
    pub fn kill_with_children(mut self) -> Vec<u32> {
        // A suspended process cannot start further children.
        self.pause();
        let children = children_of(self.id());
        drop(self.server.kill());
        for child in &children {
            send("KILL", *child);
        }
        children
    }

    fn has_exited(&mut self) -> bool {
        self.server.try_wait().expect("the state of a child").is_some()
    }

    /// Returns its output so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&self, name: &str) {
        assert!(send(name, self.id()), "cannot send {name} to a server that has ended");
    }
}

/// Sends a signal. Returns true if there was such a process. Uses the shell's own `kill`, because not every machine has
/// a program of that name.
fn send(signal: &str, id: u32) -> bool {
    let mut kill = Command::new("sh");
    kill.args(["-c", r#"kill -s "$1" "$2""#, "kill", signal]).arg(id.to_string()).stderr(Stdio::null());
    kill.status().expect("sh, to send a signal").success()
}

/// Returns true if the process runs and is not just waiting to be reaped.
pub fn is_alive(id: u32) -> bool {
    stat_of(id).is_some_and(|(state, _)| state != 'Z')
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .filter(|id| stat_of(*id).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// Returns state and parent of a process, by Linux' /proc. The name, in parentheses, may contain anything.
fn stat_of(id: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Returns `program` with a limit on file sizes, which gets an error if it would make a file larger than `kib` KiB.
/// Further arguments may follow.
pub fn with_small_files(program: impl AsRef<OsStr>, kib: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#, "sh", &(2 * kib).to_string()]);
    command.arg(program);
    command
}

/// Returns `program` with the directory `data` of its working directory on a separate disk of `kib` KiB, which
/// [`path_in_process`] shows. Further arguments may follow. Returns `None` if this machine does not permit mounting
/// one, which is printed even if output is captured.
pub fn with_small_disk(program: impl AsRef<OsStr>, kib: u32) -> Option<Command> {
    let mount = r#"mkdir -p data && mount -t tmpfs -o "size=$1k" none data && shift && exec "$@""#;
    let isolated = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c"]);
        command
    };
    let mut probe = isolated();
    probe.args(["mount -t tmpfs none /mnt"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        let text = "NOT RUN: a test that needs a small disk, as `unshare --map-root-user --mount` is not allowed here";
        writeln!(std::io::stderr(), "{text}").expect("standard error");
        return None;
    }
    let mut command = isolated();
    command.args([mount, "sh", &kib.to_string()]).arg(program);
    Some(command)
}

/// Returns a library of the system, by the end of its path.
pub fn library(path: &str) -> Option<PathBuf> {
    let directories = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    directories.map(|directory| directory.join(path)).find(|library| library.exists())
}

/// Returns a directory as the process sees it.
pub fn path_in_process(process: u32, directory: &Path) -> PathBuf {
    let mut path = PathBuf::from(format!("/proc/{process}/root"));
    path.push(directory.strip_prefix("/").expect("an absolute path"));
    path
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
