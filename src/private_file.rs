//! Files that nobody else on this machine is to read.

use std::{io::ErrorKind, path::Path};

/// Makes the file, for its owner alone, where there is none. SQLite gives its mode to the write-ahead log
/// beside it. A file that exists is not opened: closing it again would undo the locks that this process may
/// have on it (POSIX `fcntl`).
pub async fn make(file: &Path) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    options.mode(0o600);
    match options.open(file).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
