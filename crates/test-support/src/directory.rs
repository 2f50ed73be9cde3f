//! A directory for a server, which is cleaned up even if the test process is killed.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

pub use crate::watchdog::EndSignal;
use crate::{process::ServerProcess, watchdog::ServerWatchdog};

/// A temporary directory and the one server that runs in it. It is removed on drop. If the test process ends without
/// that, a watchdog ends the server and removes the directory.
pub struct ServerDirectory {
    watchdog: Arc<ServerWatchdog>,
    directory: TempDir,
}

impl ServerDirectory {
    pub fn new(prefix: &str, end_signal: EndSignal) -> Self {
        let directory = TempDir::with_prefix(prefix).expect("a temporary directory");
        let watchdog = Arc::new(ServerWatchdog::watch(directory.path(), end_signal));
        Self { watchdog, directory }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Starts the server in this directory, with all its output in `server.log`.
    pub fn spawn(&self, mut command: Command) -> ServerProcess {
        command.current_dir(self.path());
        ServerProcess::spawn(command, self.path().join("server.log"), Arc::clone(&self.watchdog))
    }
}
