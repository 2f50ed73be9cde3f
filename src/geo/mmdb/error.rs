//! Reasons for which a database file is not used.

use std::io;

/// A problem with a file, and its remedy. The text completes a sentence that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum GeoDatabaseError {
    #[error("cannot be read: {0}; put a MaxMind DB file there, or remove it from `geo.databases`")]
    Unreadable(#[from] io::Error),
    #[error("is not a regular file; name the .mmdb file itself in `geo.databases`")]
    NotRegularFile,
    #[error("is {bytes} bytes; the limit is {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    #[error("changed while being read and will be retried; replace files by renaming a complete file over them")]
    Changing,
    #[error("is not a valid MaxMind DB file: {0}; download it again")]
    Damaged(String),
    #[error("has an unsupported database type ({0:?}); supported are City, Country, Enterprise, ASN and ISP")]
    UnknownSchema(String),
}

impl GeoDatabaseError {
    /// Returns whether the same file may become readable later without having changed.
    pub(super) const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::NotRegularFile | Self::Changing)
    }
}

impl From<maxminddb::MaxMindDbError> for GeoDatabaseError {
    fn from(error: maxminddb::MaxMindDbError) -> Self {
        Self::Damaged(error.to_string())
    }
}
