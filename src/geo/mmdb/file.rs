//! Reads a file that somebody may be replacing.

use std::path::Path;

use super::error::GeoDatabaseError;
use crate::file_stamp::{FileReadError, FileStamp, read_stamped};

/// Maximum size of a database file.
const FILE_BYTES: u64 = 1 << 30;

/// Reads all of a regular file of at most [`FILE_BYTES`]. Returns its content as of one moment, and its stamp.
pub(super) fn read_database_file(path: &Path) -> Result<(Vec<u8>, FileStamp), GeoDatabaseError> {
    read_stamped(path, FILE_BYTES).map_err(|error| match error {
        FileReadError::Io(error) => GeoDatabaseError::Unreadable(error),
        FileReadError::NotRegular => GeoDatabaseError::NotRegularFile,
        FileReadError::TooLarge { bytes, limit } => GeoDatabaseError::TooLarge { bytes, limit },
        FileReadError::ChangedWhileRead => GeoDatabaseError::Changing,
    })
}
