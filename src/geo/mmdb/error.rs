//! Why a file is not used.

use std::io;

/// What is wrong with a file, and what to do about it. Completes a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
pub enum GeoDatabaseError {
    #[error("cannot be read: {0}; put a MaxMind DB file there, or take it out of `geo.databases`")]
    Unreadable(#[from] io::Error),
    #[error("is not a regular file; name the .mmdb file itself in `geo.databases`")]
    NotRegularFile,
    #[error("is {bytes} bytes large; at most {limit} are read")]
    TooLarge { bytes: u64, limit: u64 },
    #[error("was changed while it was read; it is read again. Replace files by renaming a complete one over them")]
    Changing,
    #[error("is damaged or no MaxMind DB file: {0}; fetch it again")]
    Damaged(String),
    #[error("holds nothing that is understood (it is a {0:?}): City, Country, Enterprise, ASN and ISP files are")]
    UnknownSchema(String),
}

impl GeoDatabaseError {
    /// Whether the same file may be readable later without having changed.
    pub(super) const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::NotRegularFile | Self::Changing)
    }
}

impl From<maxminddb::MaxMindDbError> for GeoDatabaseError {
    fn from(error: maxminddb::MaxMindDbError) -> Self {
        Self::Damaged(error.to_string())
    }
}
