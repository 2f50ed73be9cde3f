//! Reading a file that somebody may be replacing.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
};

use super::error::DatabaseError;

/// The largest file that is read.
const FILE_BYTES: u64 = 1 << 30;

/// Tells a file from what was at its place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    /// Of the entry itself: a rename changes it, whatever times an archive gave the file.
    changed: (i64, i64),
}

impl Stamp {
    /// Of what is at `path` now; an error when nothing is.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
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

/// All of a regular file of at most [`FILE_BYTES`], as it was at one time, and its stamp.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, Stamp), DatabaseError> {
    // Asked before it is opened: opening a pipe waits for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(DatabaseError::NotAFile);
    }
    let mut file = File::open(path)?;
    let before = Stamp::new(&file.metadata()?);
    let too_large = |bytes| DatabaseError::TooLarge { bytes, limit: FILE_BYTES };
    if before.bytes > FILE_BYTES {
        return Err(too_large(before.bytes));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.bytes).unwrap_or_default());
    (&mut file).take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    let after = Stamp::new(&file.metadata()?);
    if after.bytes > FILE_BYTES {
        return Err(too_large(after.bytes));
    }
    if before != after || bytes.len() as u64 != after.bytes {
        return Err(DatabaseError::Changing);
    }
    Ok((bytes, after))
}
