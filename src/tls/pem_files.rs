//! PEM files that are in effect together.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::file_stamp::{FileReadError, FileStamp, read_stamped};

/// Maximum size of each file.
const FILE_BYTES: u64 = 1 << 20;

/// The reason why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` {reason}: {}", path.display())]
pub struct TlsFileError {
    pub setting: &'static str,
    pub path: PathBuf,
    /// Completes the sentence that begins with the setting.
    pub reason: String,
}

/// Files that are in effect together, each with its setting, in a fixed order.
#[derive(Clone, Debug)]
pub(super) struct PemFiles(pub(super) Vec<(&'static str, PathBuf)>);

/// The stamps of the files, in their order.
pub(super) type FileStamps = Vec<FileStamp>;

/// The content of the files, in their order.
pub(super) type FileContents = Vec<Zeroizing<String>>;

impl TlsFileError {
    pub(super) fn new(setting: &'static str, path: &Path, reason: impl Into<String>) -> Self {
        Self { setting, path: path.to_owned(), reason: reason.into() }
    }
}

impl PemFiles {
    /// Returns the stamps of the files, or `None` if one of them is missing.
    pub(super) fn stamps(&self) -> Option<FileStamps> {
        self.0.iter().map(|(_, path)| FileStamp::from_path(path).ok()).collect()
    }

    /// Returns the content of the files and the stamps of the states from which it was read.
    pub(super) fn read(&self) -> Result<(FileContents, FileStamps), TlsFileError> {
        let (mut contents, mut stamps) = (Vec::new(), Vec::new());
        for (setting, path) in &self.0 {
            let (bytes, stamp) = read_stamped(path, FILE_BYTES).map_err(|error| {
                let reason = match error {
                    FileReadError::Io(error) => format!("cannot be read ({error})"),
                    error => format!("cannot be used ({error})"),
                };
                TlsFileError::new(setting, path, reason)
            })?;
            let bytes = Zeroizing::new(bytes);
            let text =
                std::str::from_utf8(&bytes).map_err(|_| TlsFileError::new(setting, path, "is not a text file"))?;
            contents.push(Zeroizing::new(text.to_owned()));
            stamps.push(stamp);
        }
        Ok((contents, stamps))
    }
}

/// Returns a digest that differs for different contents.
pub(super) fn digest<'a>(contents: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let add =
        |digest: Sha256, content: &str| digest.chain_update((content.len() as u64).to_be_bytes()).chain_update(content);
    contents.into_iter().fold(Sha256::new(), add).finalize().into()
}
