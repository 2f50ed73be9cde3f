//! A server as a child process.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::directory::{EndSignal, ServerWatchdog};

const POLL: Duration = Duration::from_millis(3);

/// How long a server on a busy machine may take to start.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A running server; dropping it ends the process and waits for that.
pub struct ServerProcess {
    server: Child,
    log: PathBuf,
    watchdog: Arc<ServerWatchdog>,
}

impl ServerProcess {
    /// Starts `command` under the watchdog, with all that it prints in the file `log`.
    pub fn spawn(mut command: Command, log: PathBuf, watchdog: Arc<ServerWatchdog>) -> Self {
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

    /// Ends it and its children at once. Answers the ids of the children, who may need a moment to be gone.
    pub fn kill_with_children(mut self) -> Vec<u32> {
        // It can start no other while they are looked for.
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

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&self, name: &str) {
        assert!(send(name, self.id()), "cannot send {name} to a server that has ended");
    }
}

/// Whether there was such a process. Through the shell's own `kill`: not every machine has a program of that name.
fn send(signal: &str, id: u32) -> bool {
    let mut kill = Command::new("sh");
    kill.args(["-c", r#"kill -s "$1" "$2""#, "kill", signal]).arg(id.to_string()).stderr(Stdio::null());
    kill.status().expect("sh, to send a signal").success()
}

/// Running, and not just waiting to be reaped.
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

/// State and parent of a process, by Linux' /proc. The name, in parentheses, may hold anything.
fn stat_of(id: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// `program`, which gets an error where it would make a file larger than so many KiB. Takes further arguments.
pub fn with_small_files(program: impl AsRef<OsStr>, kib: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#, "sh", &(2 * kib).to_string()]);
    command.arg(program);
    command
}

/// `program`, whose working directory has `data` on a disk of its own, of so many KiB, which [`path_in_process`] shows. Takes
/// further arguments. `None`: this machine lets nobody mount one, which is printed also where output is captured.
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

/// A library of the system, by the end of its path.
pub fn library(path: &str) -> Option<PathBuf> {
    let directories = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    directories.map(|directory| directory.join(path)).find(|library| library.exists())
}

/// A directory as the process sees it.
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
