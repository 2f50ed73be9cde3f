//! A warning about secrets in a world-readable file.

use std::io;

use rustix::fs::{FileType, Mode, fstat};

use super::print_to_stderr;

/// Warns if standard output is a world-readable file. `what` names the secret that was written to it.
pub fn warn_if_world_readable(what: &str) {
    let Ok(stat) = fstat(io::stdout()) else { return };
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if is_file && Mode::from_raw_mode(stat.st_mode).contains(Mode::ROTH) {
        print_to_stderr(&format!(
            "warning: {what} was written to a world-readable file; run `chmod 600` on it, and `umask 077` beforehand \
             next time\n"
        ));
    }
}
