//! A value that is made from a PEM file, and again when the file changes.

use std::{
    path::PathBuf,
    sync::{PoisonError, RwLock},
};

use super::{
    file_reload::{FileReload, TlsReloadOutcome},
    pem_files::{PemFiles, TlsFileError},
};
use crate::certificates::CertificateError;

/// Makes a value from the content of a file.
type PemParser<T> = fn(&str) -> Result<T, CertificateError>;

/// A value that is made from a PEM file, and again when the file changes. A file that cannot be used changes nothing.
pub struct ReloadedPem<T> {
    setting: &'static str,
    path: PathBuf,
    parse: PemParser<T>,
    value: RwLock<T>,
    reload: FileReload,
}

impl<T: Clone> ReloadedPem<T> {
    /// Reads the file of a setting. Fails if it cannot be used.
    pub fn open(setting: &'static str, path: PathBuf, parse: PemParser<T>) -> Result<Self, TlsFileError> {
        let files = PemFiles(vec![(setting, path.clone())]);
        let (contents, _) = files.read()?;
        let text = contents.first().map_or("", |content| content.as_str());
        let value = parse(text).map_err(|error| TlsFileError::new(setting, &path, error.to_string()))?;
        let reload = FileReload::new(files, [text]);
        Ok(Self { setting, path, parse, value: RwLock::new(value), reload })
    }

    /// Makes the value again if the file has changed, and retries a file that failed. Blocks on the file system.
    pub fn reload_if_changed(&self) -> TlsReloadOutcome {
        self.reload.reload_if_changed(|contents| {
            let text = contents.first().map_or("", |content| content.as_str());
            let unusable = |error: CertificateError| TlsFileError::new(self.setting, &self.path, error.to_string());
            let value = (self.parse)(text).map_err(unusable)?;
            *self.value.write().unwrap_or_else(PoisonError::into_inner) = value;
            Ok(())
        })
    }

    /// Returns the value that is in effect.
    #[must_use]
    pub fn current(&self) -> T {
        self.value.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[must_use]
    pub const fn setting(&self) -> &'static str {
        self.setting
    }

    /// Returns the reason why the file is not in effect.
    #[must_use]
    pub fn failure(&self) -> Option<TlsFileError> {
        self.reload.failure()
    }
}
