//! The end of a server whose test process was killed.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// A shell script that reads process IDs until the end of its standard input. Only the test process holds that open, so
/// the end comes with the end of that process, even by `kill -9`. Then the script sends the signal ($1) to the last
/// process, unless its ID is empty, and removes the directory ($2), a second time for files that the dying process
/// still wrote.
const WATCHDOG: &str = r#"
server=
while read -r line; do server=$line; done
if [ -n "$server" ]; then
  kill -s CONT "$server"
  kill -s "$1" "$server"
fi
rm -rf "$2"
sleep 1
rm -rf "$2"
"#;

/// The signal that ends a server.
#[derive(Clone, Copy)]
pub enum EndSignal {
    /// Ends it at once, as in a crash.
    Kill,
    /// The immediate shutdown of PostgreSQL: a crash for its data, but its shared memory is released.
    Quit,
}

impl EndSignal {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Quit => "QUIT",
        }
    }
}

/// The watchdog of a directory and its server.
pub struct ServerWatchdog {
    shell: Mutex<Child>,
    end_signal: EndSignal,
}

impl ServerWatchdog {
    pub fn watch(directory: &Path, end_signal: EndSignal) -> Self {
        let shell = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", end_signal.name()])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal is for the tests; the end of the server follows from theirs.
            .process_group(0)
            .spawn()
            .expect("sh, to watch over a directory");
        Self { shell: Mutex::new(shell), end_signal }
    }

    pub const fn end_signal(&self) -> EndSignal {
        self.end_signal
    }

    pub fn server_started(&self, id: u32) {
        self.write_line(&id.to_string());
    }

    /// Forgets the process ID. To be called before the server is reaped, because after that another process may have
    /// its ID.
    pub fn server_ended(&self) {
        self.write_line("");
    }

    fn write_line(&self, line: &str) {
        let mut shell = self.shell.lock().expect("the watchdog");
        let input = shell.stdin.as_mut().expect("the watchdog's input");
        writeln!(input, "{line}").expect("a watchdog that listens");
    }
}

impl Drop for ServerWatchdog {
    fn drop(&mut self) {
        let shell = self.shell.get_mut().expect("the watchdog");
        drop(shell.kill());
        drop(shell.wait());
    }
}
