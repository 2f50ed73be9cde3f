//! The TLS of the connections to the store, which is replaced when its files change.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use super::{
    file_reload::{FileReload, TlsReloadOutcome},
    pem_files::{FileContents, PemFiles, TlsFileError},
};
use crate::{
    certificates::{CertificateValidity, ClientCredentials, KeyedCertificate, check_key, read_validity},
    domain::UnixMillis,
};

const AUTHORITIES: &str = "store.ca_file";
const CERTIFICATE: &str = "store.client_certificate_file";
const KEY: &str = "store.client_key_file";

/// The files of the store's TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreTlsFiles {
    /// The authorities of the server's certificate. `None`: the public ones.
    pub authorities: Option<PathBuf>,
    /// The certificate that a node presents, and its key. `None`: it presents none.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Puts credentials into effect for new connections. Returns the reason if they cannot be used.
pub type CredentialReplacer = Box<dyn Fn(&ClientCredentials) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync>;

/// The validity of the certificates in effect, and the reason if they are not those of the files.
#[derive(Clone, Debug, Default)]
pub struct StoreTlsStatus {
    /// The validity of each authority.
    pub authorities: Vec<CertificateValidity>,
    /// The validity of each certificate of the node's chain, leaf first.
    pub certificate: Vec<CertificateValidity>,
    /// The reason why the files are not in effect.
    pub failure: Option<TlsFileError>,
}

/// The TLS of the connections to the store.
pub struct StoreTls {
    files: StoreTlsFiles,
    replace: CredentialReplacer,
    validity: RwLock<StoreTlsStatus>,
    reload: FileReload,
}

impl StoreTls {
    /// Creates the TLS of connections that already use `credentials`. `replace` puts other ones into effect. Fails if
    /// the credentials cannot be used.
    pub fn new(
        files: StoreTlsFiles,
        credentials: &ClientCredentials,
        replace: CredentialReplacer,
    ) -> Result<Self, TlsFileError> {
        let validity = files.check(credentials)?;
        let certificate = credentials.certificate.as_ref();
        let contents = credentials.authorities.iter().map(String::as_str);
        let contents =
            contents.chain(certificate.into_iter().flat_map(|keyed| [keyed.chain.as_str(), keyed.key.as_str()]));
        let reload = FileReload::new(files.to_pem_files(), contents);
        Ok(Self { files, replace, validity: RwLock::new(validity), reload })
    }

    /// Puts the content of the files into effect for new connections if it has changed, and retries files that failed.
    /// Open connections continue. Files that cannot be used change nothing, and neither does a certificate that is not
    /// valid at `now` in place of one that is. Blocks on the file system.
    pub fn reload_if_changed(&self, now: UnixMillis) -> TlsReloadOutcome {
        self.reload.reload_if_changed(|contents| self.apply(contents, now))
    }

    /// Returns the state in effect.
    #[must_use]
    pub fn status(&self) -> StoreTlsStatus {
        let validity = self.validity.read().unwrap_or_else(PoisonError::into_inner).clone();
        StoreTlsStatus { failure: self.reload.failure(), ..validity }
    }

    #[must_use]
    pub fn files(&self) -> &StoreTlsFiles {
        &self.files
    }

    fn apply(&self, contents: FileContents, now: UnixMillis) -> Result<(), TlsFileError> {
        let credentials = self.files.to_credentials(contents);
        let validity = self.files.check(&credentials)?;
        let is_valid = |chain: &[CertificateValidity]| chain.iter().all(|certificate| certificate.contains(now));
        if let Some((path, _)) = &self.files.certificate
            && is_valid(&self.status().certificate)
            && !is_valid(&validity.certificate)
        {
            let reason = "contains a certificate that has expired or is not valid yet";
            return Err(TlsFileError::new(CERTIFICATE, path, reason));
        }
        (self.replace)(&credentials).map_err(|error| self.files.unusable(error.to_string()))?;
        *self.validity.write().unwrap_or_else(PoisonError::into_inner) = validity;
        Ok(())
    }
}

impl fmt::Debug for StoreTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreTls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl StoreTlsFiles {
    fn to_pem_files(&self) -> PemFiles {
        let authorities = self.authorities.iter().map(|path| (AUTHORITIES, path.clone()));
        let certificate = self.certificate.iter();
        let certificate = certificate.flat_map(|(chain, key)| [(CERTIFICATE, chain.clone()), (KEY, key.clone())]);
        PemFiles(authorities.chain(certificate).collect())
    }

    /// Returns the credentials in the files, given their content in the order of [`to_pem_files`](Self::to_pem_files).
    fn to_credentials(&self, contents: FileContents) -> ClientCredentials {
        let mut contents = contents.into_iter();
        let authorities = self.authorities.as_ref().and_then(|_| contents.next());
        let certificate = contents.next().zip(contents.next());
        let certificate = certificate.map(|(chain, key)| KeyedCertificate { chain: chain.to_string(), key });
        ClientCredentials { authorities: authorities.map(|text| text.to_string()), certificate }
    }

    /// Checks everything that a client needs of its credentials, but not their validity now. Returns the validity.
    fn check(&self, credentials: &ClientCredentials) -> Result<StoreTlsStatus, TlsFileError> {
        let mut validity = StoreTlsStatus::default();
        if let (Some(path), Some(pem)) = (&self.authorities, &credentials.authorities) {
            validity.authorities =
                read_validity(pem).map_err(|error| TlsFileError::new(AUTHORITIES, path, error.to_string()))?;
        }
        if let (Some((path, key_path)), Some(keyed)) = (&self.certificate, &credentials.certificate) {
            validity.certificate =
                read_validity(&keyed.chain).map_err(|error| TlsFileError::new(CERTIFICATE, path, error.to_string()))?;
            check_key(&keyed.chain, &keyed.key).map_err(|error| TlsFileError::new(KEY, key_path, error.to_string()))?;
        }
        Ok(validity)
    }

    /// Returns the error for credentials that were checked and still cannot be used.
    fn unusable(&self, reason: String) -> TlsFileError {
        let certificate = self.certificate.as_ref().map(|(path, _)| (CERTIFICATE, path.as_path()));
        let first = self.authorities.as_deref().map(|path| (AUTHORITIES, path)).or(certificate);
        let (setting, path) = first.unwrap_or((AUTHORITIES, Path::new("")));
        TlsFileError::new(setting, path, reason)
    }
}
