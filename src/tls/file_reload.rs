//! Reload of files that have changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pem_files::{FileContents, FileStamps, PemFiles, TlsFileError, digest};

/// The outcome of a check of the files.
#[derive(Debug, PartialEq, Eq)]
pub enum TlsReloadOutcome {
    /// The files are unchanged, or fail for the same reason as before.
    Unchanged,
    /// The content of the files is in effect for new connections.
    Replaced,
    /// The files cannot be used; the previous ones stay in effect. Returned once for each reason.
    Rejected(TlsFileError),
}

/// Files whose content is in effect, and is replaced when it changes.
pub(super) struct FileReload {
    files: PemFiles,
    /// Held while the files are read, so that reading the status does not wait for the file system.
    reload_lock: Mutex<()>,
    state: Mutex<FilesState>,
}

/// The known state of the files.
#[derive(Default)]
struct FilesState {
    /// The stamps of the states that were last read successfully.
    stamps: Option<FileStamps>,
    /// Set once these states were read twice, some time apart: a second change within the same few milliseconds has the
    /// same stamp.
    is_confirmed: bool,
    /// The digest of the content that is in effect.
    digest: [u8; 32],
    failure: Option<TlsFileError>,
}

impl FileReload {
    /// Creates a reload of files whose content is in effect.
    pub(super) fn new<'a>(files: PemFiles, contents: impl IntoIterator<Item = &'a str>) -> Self {
        let state = FilesState { digest: digest(contents), ..FilesState::default() };
        Self { files, reload_lock: Mutex::default(), state: Mutex::new(state) }
    }

    /// Calls `apply` with the content of the files if it is not in effect. Retries files that failed. Blocks on the file
    /// system.
    pub(super) fn reload_if_changed(
        &self,
        apply: impl FnOnce(FileContents) -> Result<(), TlsFileError>,
    ) -> TlsReloadOutcome {
        let _reading = self.reload_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = self.files.stamps();
        {
            let state = self.state();
            if state.failure.is_none() && state.is_confirmed && stamps.is_some() && stamps == state.stamps {
                return TlsReloadOutcome::Unchanged;
            }
        }
        match self.files.read().and_then(|(contents, stamps)| self.apply(contents, stamps, apply)) {
            Ok(outcome) => outcome,
            Err(failure) => {
                let mut state = self.state();
                if state.failure.replace(failure.clone()) == Some(failure.clone()) {
                    TlsReloadOutcome::Unchanged
                } else {
                    TlsReloadOutcome::Rejected(failure)
                }
            }
        }
    }

    /// Returns the reason why the files are not in effect.
    pub(super) fn failure(&self) -> Option<TlsFileError> {
        self.state().failure.clone()
    }

    fn apply(
        &self,
        contents: FileContents,
        stamps: FileStamps,
        apply: impl FnOnce(FileContents) -> Result<(), TlsFileError>,
    ) -> Result<TlsReloadOutcome, TlsFileError> {
        let digest = digest(contents.iter().map(|content| content.as_str()));
        let is_same = digest == self.state().digest;
        if !is_same {
            apply(contents)?;
        }
        let mut state = self.state();
        let is_confirmed = state.stamps.as_ref() == Some(&stamps);
        *state = FilesState { stamps: Some(stamps), is_confirmed, digest, failure: None };
        Ok(if is_same { TlsReloadOutcome::Unchanged } else { TlsReloadOutcome::Replaced })
    }

    fn state(&self) -> MutexGuard<'_, FilesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
