//! The files of the listeners' TLS, and their content.

use std::{fmt, path::PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::file_stamp::{FileReadError, FileStamp, read_stamped};

/// Maximum size of each file.
const FILE_BYTES: u64 = 1 << 20;

/// The rule for callers without a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificateRule {
    /// They may authenticate by an API key.
    Optional,
    /// They cannot connect.
    Required,
}

/// The files of the listeners' TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The authorities of client certificates. `None`: clients are not asked for one.
    pub client_authorities: Option<PathBuf>,
}

/// The reason why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` {reason}: {}", path.display())]
pub struct TlsFileError {
    pub setting: &'static str,
    pub path: PathBuf,
    /// Completes the sentence that begins with the setting.
    pub reason: String,
}

/// The content of the files, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerCredentials {
    /// The certificate chain, leaf first.
    pub certificate: String,
    pub key: Zeroizing<String>,
    pub client_authorities: Option<String>,
}

impl fmt::Debug for ServerCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerCredentials(redacted)")
    }
}

impl ServerCredentials {
    /// Returns a digest that differs for different contents.
    pub(super) fn digest(&self) -> [u8; 32] {
        let parts = [&self.certificate, &*self.key, self.client_authorities.as_deref().unwrap_or_default()];
        let length = |part: &str| (part.len() as u64).to_be_bytes();
        let digest =
            parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(length(part)).chain_update(part));
        digest.finalize().into()
    }
}

/// The stamps of all files, in a fixed order.
pub(super) type FileStamps = Vec<FileStamp>;

impl TlsFiles {
    fn all(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let own = [("tls.certificate_file", &self.certificate), ("tls.key_file", &self.key)];
        own.into_iter().chain(self.client_authorities.as_ref().map(|path| ("tls.client_ca_file", path)))
    }

    /// Returns the stamps of the files, or `None` if one of them is missing.
    pub(super) fn stamps(&self) -> Option<FileStamps> {
        self.all().map(|(_, path)| FileStamp::from_path(path).ok()).collect()
    }

    /// Returns the content of the files and the stamps of the states from which it was read.
    pub(super) fn read(&self) -> Result<(ServerCredentials, FileStamps), TlsFileError> {
        let (mut contents, mut stamps) = (Vec::new(), Vec::new());
        for (setting, path) in self.all() {
            let failure = |reason| TlsFileError { setting, path: path.clone(), reason };
            let (bytes, stamp) = read_stamped(path, FILE_BYTES).map_err(|error| {
                failure(match error {
                    FileReadError::Io(error) => format!("cannot be read ({error})"),
                    error => format!("cannot be used ({error})"),
                })
            })?;
            let bytes = Zeroizing::new(bytes);
            let text = std::str::from_utf8(&bytes).map_err(|_| failure("is not a text file".to_owned()))?;
            contents.push(Zeroizing::new(text.to_owned()));
            stamps.push(stamp);
        }
        let mut contents = contents.into_iter();
        let certificate = contents.next().map(|text| text.to_string()).unwrap_or_default();
        let key = contents.next().unwrap_or_default();
        let client_authorities = contents.next().map(|text| text.to_string());
        Ok((ServerCredentials { certificate, key, client_authorities }, stamps))
    }
}
