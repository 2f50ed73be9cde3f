//! Secrets on a standard output that somebody led into a file.

use std::io;

use rustix::fs::{FileType, Mode, fstat};

use super::print_to_stderr;

/// Warns if standard output is a file that every user of this machine can read. `what` was written there.
pub fn warn_if_world_readable(what: &str) {
    let Ok(stat) = fstat(io::stdout()) else { return };
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if is_file && Mode::from_raw_mode(stat.st_mode).contains(Mode::ROTH) {
        print_to_stderr(&format!(
            "warning: {what} is now in a file that every user of this machine can read; change that with `chmod 600`, \
             and run `umask 077` before the next time\n"
        ));
    }
}
