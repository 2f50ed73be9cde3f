//! Stamps of files that are read again when they change.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
};

/// Identifies one state of a file. Two states of a file differ in their stamps even if a tool gave both the same
/// length and modification time: a rename changes the inode or the change time, and nobody can set the change time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The reason why a file could not be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum FileReadError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("not a regular file")]
    NotRegular,
    #[error("file too large: {bytes} bytes, the limit is {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    #[error("the file changed while it was being read; replace it atomically, by renaming a complete file over it")]
    ChangedWhileRead,
}

impl FileStamp {
    /// Returns the stamp of the file at `path` now, following links.
    pub fn from_path(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::new(&metadata))
    }

    fn new(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Reads a whole regular file of at most `limit` bytes. Returns its content at one moment and the stamp of that state,
/// so that a caller that remembers the stamp cannot miss a later change.
pub fn read_stamped(path: &Path, limit: u64) -> Result<(Vec<u8>, FileStamp), FileReadError> {
    // Checked before the file is opened, because opening a pipe waits for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(FileReadError::NotRegular);
    }
    let mut file = File::open(path)?;
    let before = FileStamp::new(&file.metadata()?);
    let too_large = |bytes| FileReadError::TooLarge { bytes, limit };
    if before.bytes > limit {
        return Err(too_large(before.bytes));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.bytes).unwrap_or_default());
    (&mut file).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let after = FileStamp::new(&file.metadata()?);
    if after.bytes > limit {
        return Err(too_large(after.bytes));
    }
    if before != after || bytes.len() as u64 != after.bytes {
        return Err(FileReadError::ChangedWhileRead);
    }
    Ok((bytes, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_of_equal_length_and_time_has_another_stamp() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, new) = (directory.path().join("file"), directory.path().join("new"));
        fs::write(&path, "one").expect("a file");
        let (content, stamp) = read_stamped(&path, 3).expect("the file");
        assert_eq!((content.as_slice(), stamp), (&b"one"[..], FileStamp::from_path(&path).expect("a stamp")));
        let time = fs::metadata(&path).expect("metadata").modified().expect("a time");
        fs::write(&new, "two").expect("a file");
        File::options().write(true).open(&new).expect("the file").set_modified(time).expect("the same time");
        fs::rename(&new, &path).expect("renamed");
        let replaced = FileStamp::from_path(&path).expect("a stamp");
        assert_ne!(stamp, replaced);
        // The counterpart: without inode and change time the replacement would go unnoticed.
        assert_eq!((stamp.bytes, stamp.modified), (replaced.bytes, replaced.modified));
    }

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        assert!(matches!(read_stamped(directory.path(), 9), Err(FileReadError::NotRegular)));
        assert!(matches!(read_stamped(&path, 9), Err(FileReadError::Io(_))));
        fs::write(&path, "1234567890").expect("a file");
        assert!(matches!(read_stamped(&path, 9), Err(FileReadError::TooLarge { bytes: 10, limit: 9 })));
    }
}
