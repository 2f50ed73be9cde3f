//! Where an export goes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::cli::{failure::Failure, terminal};

/// Standard output, or a file that appears under its name when all of it is there.
pub enum Output {
    Standard,
    File(Unfinished),
}

impl Output {
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        path.map_or(Ok(Self::Standard), |path| {
            Unfinished::create(path).map(Self::File).map_err(|error| not_written(path, &error))
        })
    }

    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Standard => {
                let is_read = terminal::print_to_reader(text).map_err(Failure::failed)?;
                let unread = || Failure::failed("nobody reads it any more: the export is not complete");
                is_read.then_some(()).ok_or_else(unread)
            }
            Self::File(file) => file.file.write_all(text.as_bytes()).map_err(|error| not_written(&file.path, &error)),
        }
    }

    /// Says that all of it was written.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Standard => Ok(()),
            Self::File(file) => file.finish().map_err(|error| not_written(&file.path, &error)),
        }
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("{} cannot be written: {error}", path.display()))
}

/// A file under another name, which goes with this unless it was finished.
pub struct Unfinished {
    path: PathBuf,
    new: PathBuf,
    file: File,
}

impl Unfinished {
    fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        // One that was killed may have left it; nobody else who lives has this number.
        let _ = fs::remove_file(&new);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        Ok(Self { path: path.to_owned(), new, file })
    }

    fn finish(&self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.new, &self.path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is not there any more when it was finished.
        let _ = fs::remove_file(&self.new);
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

        let mut output = Output::open(Some(&path)).expect("a file");
        output.write("one\n").expect("room");
        drop(output);
        assert_eq!(names(), 0);

        fs::write(&path, "before").expect("a file");
        let mut output = Output::open(Some(&path)).expect("a file");
        output.write("one\n").expect("room");
        output.write("two\n").expect("room");
        assert_eq!(fs::read_to_string(&path).expect("text"), "before");
        output.finish().expect("a name");
        assert_eq!((fs::read_to_string(&path).expect("text").as_str(), names()), ("one\ntwo\n", 1));
    }
}
