//! Reading a file that somebody may be replacing.

use std::path::Path;

use super::error::DatabaseError;
use crate::file_stamp::{FileStamp, ReadError, read_stamped};

/// The largest file that is read.
const FILE_BYTES: u64 = 1 << 30;

/// All of a regular file of at most [`FILE_BYTES`], as it was at one time, and its stamp.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, FileStamp), DatabaseError> {
    read_stamped(path, FILE_BYTES).map_err(|error| match error {
        ReadError::Io(error) => DatabaseError::Unreadable(error),
        ReadError::NotRegular => DatabaseError::NotAFile,
        ReadError::TooLarge { bytes, limit } => DatabaseError::TooLarge { bytes, limit },
        ReadError::Changing => DatabaseError::Changing,
    })
}
