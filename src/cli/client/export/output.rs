//! The output of an export.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::cli::{command_error::CommandError, terminal};

/// Standard output, or a file that appears under its name once it is complete.
pub enum ExportOutput {
    Standard,
    File(PartialFile),
}

impl ExportOutput {
    pub fn open(path: Option<&Path>) -> Result<Self, CommandError> {
        path.map_or(Ok(Self::Standard), |path| {
            PartialFile::create(path).map(Self::File).map_err(|error| write_error(path, &error))
        })
    }

    pub fn write(&mut self, text: &str) -> Result<(), CommandError> {
        match self {
            Self::Standard => {
                let is_read = terminal::print_unless_closed(text).map_err(CommandError::failed)?;
                let unread = || CommandError::failed("standard output was closed: the export is incomplete");
                is_read.then_some(()).ok_or_else(unread)
            }
            Self::File(file) => file.file.write_all(text.as_bytes()).map_err(|error| write_error(&file.path, &error)),
        }
    }

    /// Completes the output, after everything was written.
    pub fn finish(self) -> Result<(), CommandError> {
        match self {
            Self::Standard => Ok(()),
            Self::File(file) => file.finish().map_err(|error| write_error(&file.path, &error)),
        }
    }
}

fn write_error(path: &Path, error: &io::Error) -> CommandError {
    CommandError::failed(format!("{}: write failed: {error}", path.display()))
}

/// A file under a temporary name, removed on drop unless it was finished.
pub struct PartialFile {
    path: PathBuf,
    temporary_path: PathBuf,
    file: File,
}

impl PartialFile {
    fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        // A process that was killed may have left it; no other running process has this ID.
        let _ = fs::remove_file(&new);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        Ok(Self { path: path.to_owned(), temporary_path: new, file })
    }

    fn finish(&self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary_path, &self.path)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // A finished file no longer has this name.
        let _ = fs::remove_file(&self.temporary_path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_all_of_it_is_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("events.jsonl");
        let names = || fs::read_dir(directory.path()).expect("a directory").count();

        let mut output = ExportOutput::open(Some(&path)).expect("a file");
        output.write("one\n").expect("room");
        drop(output);
        assert_eq!(names(), 0);

        fs::write(&path, "before").expect("a file");
        let mut output = ExportOutput::open(Some(&path)).expect("a file");
        output.write("one\n").expect("room");
        output.write("two\n").expect("room");
        assert_eq!(fs::read_to_string(&path).expect("text"), "before");
        output.finish().expect("a name");
        assert_eq!((fs::read_to_string(&path).expect("text").as_str(), names()), ("one\ntwo\n", 1));
    }
}
