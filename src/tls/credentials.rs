//! The files of the listeners' TLS, and their content.

use std::{fmt, path::PathBuf};

use zeroize::Zeroizing;

use super::pem_files::{FileContents, PemFiles};

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
    /// Returns the credentials with the content of the files, in the order of [`TlsFiles::to_pem_files`].
    pub(super) fn from_contents(contents: FileContents) -> Self {
        let mut contents = contents.into_iter();
        let certificate = contents.next().map(|text| text.to_string()).unwrap_or_default();
        let key = contents.next().unwrap_or_default();
        let client_authorities = contents.next().map(|text| text.to_string());
        Self { certificate, key, client_authorities }
    }

    /// Returns the content of the files: the inverse of [`from_contents`](Self::from_contents).
    pub(super) fn contents(&self) -> impl Iterator<Item = &str> {
        [self.certificate.as_str(), self.key.as_str()].into_iter().chain(self.client_authorities.as_deref())
    }
}

impl TlsFiles {
    pub(super) fn to_pem_files(&self) -> PemFiles {
        let mut files = vec![("tls.certificate_file", self.certificate.clone()), ("tls.key_file", self.key.clone())];
        files.extend(self.client_authorities.iter().map(|path| ("tls.client_ca_file", path.clone())));
        PemFiles(files)
    }
}
