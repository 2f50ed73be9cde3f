//! The callers of a running server, which may change while it runs.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use crate::{
    authority::{CredentialName, ListedCredential, PresentedCredentials},
    domain::{Caller, CredentialUse, InstallationSecret, UnixMillis},
    file_stamp::FileStamp,
};

use super::{
    AuthError, CallerEntry, CallerFile, CallerFileError, CallerRegistry, CredentialId, CredentialSelector,
    last_use::LastUses,
};

/// The outcome of a check of the callers file.
#[derive(Debug)]
pub enum CallersReloadOutcome {
    /// The file is unchanged, or fails for the same reason as before.
    Unchanged,
    /// The callers of the file are in effect.
    Replaced { credentials: usize },
    /// The file is invalid or missing; the credentials that it listed stay in effect for now. Returned once for each
    /// reason.
    Rejected(String),
    /// The file is missing, and the credentials that it listed are no longer in effect.
    Disabled,
}

/// Status of the callers file of a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallersFileStatus {
    /// The reason why the file cannot be used; `None` if its entries are in effect.
    pub failure: Option<String>,
    /// Set if the credentials that it listed are disabled for that reason.
    pub is_disabled: bool,
    /// Number of credentials in effect, including those of the configuration.
    pub credentials: usize,
    /// Time since the file was last found usable.
    pub age: Duration,
}

/// The current callers: those of the file and those of the configuration. A call reads them without waiting for a
/// reload.
///
/// The credentials of a file that can no longer be used do not stay in effect forever. Otherwise, one that was revoked
/// in the meantime would stay in effect, too:
///
/// - A file that listed credentials and is **missing or empty** in two consecutive checks disables these. A single
///   check may coincide with a replacement that is not made by renaming.
/// - A file that **cannot be read or parsed** keeps them in effect until this has lasted for `max_staleness`.
#[derive(Debug)]
pub struct CallersHandle {
    current: RwLock<Arc<CallerRegistry>>,
    file: CallerFile,
    configured: Vec<CallerEntry>,
    secret: InstallationSecret,
    anonymous: bool,
    max_staleness: Duration,
    last_uses: LastUses,
    /// Held while the file is read, so that reading the status does not wait for the file system.
    reload_lock: Mutex<()>,
    state: Mutex<FileState>,
}

/// The known state of the file.
#[derive(Debug, Default)]
struct FileState {
    /// Stamp of the state that was last read successfully.
    stamp: Option<FileStamp>,
    /// Set once that state was read twice, some time apart. The kernel counts change times in steps of a few
    /// milliseconds, so a second change within the step of the first one has the same stamp.
    is_confirmed: bool,
    entries: Vec<CallerEntry>,
    failure: Option<FileFailure>,
    is_disabled: bool,
    /// Time since boot at which the file was last usable; `None` before the first check.
    usable_at: Option<Duration>,
}

#[derive(Debug)]
struct FileFailure {
    reason: String,
    /// Set if the file or all of its entries are missing, rather than unreadable.
    is_missing: bool,
}

impl CallersHandle {
    /// Reads the file, which need not exist. `listed` are the callers of the configuration itself. An entry there takes
    /// precedence over one of the same credential in the file.
    pub fn open(
        file: &Path,
        listed: Vec<CallerEntry>,
        secret: &InstallationSecret,
        anonymous: bool,
        max_staleness: Duration,
    ) -> Result<Self, CallerFileError> {
        let file = CallerFile::new(file);
        let state = match file.read_stamped() {
            Ok((entries, stamp)) => FileState { stamp: Some(stamp), entries, ..FileState::default() },
            Err(error) if error.is_missing() => FileState::default(),
            Err(error) => return Err(error),
        };
        let last_uses = LastUses::default();
        let entries = [listed.clone(), state.entries.clone()].concat();
        let callers = CallerRegistry::with_last_uses(secret, &entries, anonymous, &last_uses);
        Ok(Self {
            current: RwLock::new(Arc::new(callers)),
            file,
            configured: listed,
            secret: secret.clone(),
            anonymous,
            max_staleness,
            last_uses,
            reload_lock: Mutex::default(),
            state: Mutex::new(state),
        })
    }

    /// Authenticates a caller against the current callers; see [`CallerRegistry::authenticate`].
    pub fn authenticate(
        &self,
        credentials: PresentedCredentials<'_>,
        now: UnixMillis,
    ) -> Result<Arc<Caller>, AuthError> {
        self.current().authenticate(credentials, now)
    }

    /// Returns the current callers.
    #[must_use]
    pub fn current(&self) -> Arc<CallerRegistry> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the credentials in effect, those of the configuration first, each with its last use on this node.
    #[must_use]
    pub fn credentials(&self) -> Vec<ListedCredential> {
        let state = self.state();
        let in_file = if state.is_disabled { &[] } else { state.entries.as_slice() };
        self.configured.iter().chain(in_file).map(|entry| self.list(entry)).collect()
    }

    /// Returns the uses of credentials that are yet to be recorded in the audit.
    #[must_use]
    pub fn unrecorded_uses(&self) -> Vec<CredentialUse> {
        let uses = self.last_uses.unrecorded();
        let state = self.state();
        let name = |id: &CredentialId| {
            let mut entries = self.configured.iter().chain(&state.entries);
            entries.rfind(|entry| entry.credential.id() == *id).map(|entry| entry.name.clone())
        };
        let describe = |(id, last_used_at): (CredentialId, UnixMillis)| {
            let caller = name(&id).unwrap_or_default();
            CredentialUse { credential: id.to_string(), caller, last_used_at }
        };
        uses.into_iter().map(describe).collect()
    }

    /// Notes that these uses were recorded.
    pub fn mark_recorded(&self, uses: &[CredentialUse]) {
        for used in uses {
            if let CredentialSelector::Credential(id) = CredentialSelector::from(used.credential.as_str()) {
                self.last_uses.mark_recorded(&id, used.last_used_at);
            }
        }
    }

    fn list(&self, entry: &CallerEntry) -> ListedCredential {
        let id = entry.credential.id();
        ListedCredential {
            caller: entry.caller(),
            created_at: entry.created_at,
            expires_at: entry.expires_at,
            revoked_at: entry.revoked_at,
            last_used_at: self.last_uses.track(&id).last_used_at(),
            credential: match id {
                CredentialId::Key(id) => CredentialName::Key(id.to_string()),
                CredentialId::Certificate(id) => CredentialName::SpiffeId(id.to_string()),
            },
        }
    }

    /// Applies a file that has changed, and retries one that failed. `now` is the time since boot. Blocks on the file
    /// system.
    pub fn reload_if_changed(&self, now: Duration) -> CallersReloadOutcome {
        let _reading = self.reload_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = FileStamp::from_path(self.file.path()).ok();
        {
            let mut state = self.state();
            let is_same = stamp.is_some() && stamp == state.stamp && state.is_confirmed;
            if is_same && state.failure.is_none() && !state.is_disabled {
                state.usable_at = Some(now);
                return CallersReloadOutcome::Unchanged;
            }
        }
        let read = self.file.read_stamped();
        let mut state = self.state();
        match read {
            Ok((entries, _)) if entries.is_empty() && !state.entries.is_empty() && !state.was_missing() => {
                let reason = format!("{} listed callers before and is now empty", self.file.path().display());
                state.fail(FileFailure { reason, is_missing: true })
            }
            Ok((entries, stamp)) => self.apply(&mut state, entries, stamp, now),
            Err(error) if error.is_missing() && state.entries.is_empty() => {
                // There never was a file, so none of its entries can be in effect.
                state.usable_at = Some(now);
                state.failure = None;
                CallersReloadOutcome::Unchanged
            }
            Err(error) if error.is_missing() && state.was_missing() => self.disable(&mut state),
            Err(error) => {
                let is_missing = error.is_missing();
                state.fail(FileFailure { reason: error.to_string(), is_missing })
            }
        }
    }

    /// Disables the credentials of the file if it was last usable longer than `max_staleness` ago. Returns whether it
    /// did. Never waits for the file system, so a file system that hangs does not keep credentials in effect.
    pub fn disable_if_stale(&self, now: Duration) -> bool {
        let mut state = self.state();
        let is_stale = state.age(now) > self.max_staleness;
        is_stale && !state.entries.is_empty() && matches!(self.disable(&mut state), CallersReloadOutcome::Disabled)
    }

    /// Returns the status of the file. `now` is the time since boot.
    #[must_use]
    pub fn status(&self, now: Duration) -> CallersFileStatus {
        let mut state = self.state();
        CallersFileStatus {
            failure: state.failure.as_ref().map(|failure| failure.reason.clone()).or_else(|| {
                state.is_disabled.then(|| "it has not been checked for longer than `callers.max_staleness`".to_owned())
            }),
            is_disabled: state.is_disabled,
            credentials: self.current().len(),
            age: state.age(now),
        }
    }

    fn apply(
        &self,
        state: &mut FileState,
        entries: Vec<CallerEntry>,
        stamp: FileStamp,
        now: Duration,
    ) -> CallersReloadOutcome {
        let is_same = entries == state.entries && !state.is_disabled && state.failure.is_none();
        *state = FileState {
            is_confirmed: state.stamp == Some(stamp),
            stamp: Some(stamp),
            entries,
            usable_at: Some(now),
            ..FileState::default()
        };
        if is_same {
            return CallersReloadOutcome::Unchanged;
        }
        CallersReloadOutcome::Replaced { credentials: self.activate(&state.entries) }
    }

    fn disable(&self, state: &mut FileState) -> CallersReloadOutcome {
        if state.is_disabled {
            return CallersReloadOutcome::Unchanged;
        }
        state.is_disabled = true;
        self.activate(&[]);
        CallersReloadOutcome::Disabled
    }

    /// Puts `entries` into effect, besides those of the configuration. Returns the number of credentials then in
    /// effect.
    fn activate(&self, entries: &[CallerEntry]) -> usize {
        let entries = [&self.configured, entries].concat();
        let callers = CallerRegistry::with_last_uses(&self.secret, &entries, self.anonymous, &self.last_uses);
        let credentials = callers.len();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(callers);
        self.last_uses.prune();
        credentials
    }

    fn state(&self) -> MutexGuard<'_, FileState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FileState {
    fn was_missing(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.is_missing)
    }

    fn fail(&mut self, failure: FileFailure) -> CallersReloadOutcome {
        let is_known = self.failure.as_ref().is_some_and(|known| known.reason == failure.reason);
        let reason = failure.reason.clone();
        self.failure = Some(failure);
        if is_known { CallersReloadOutcome::Unchanged } else { CallersReloadOutcome::Rejected(reason) }
    }

    fn age(&mut self, now: Duration) -> Duration {
        now.saturating_sub(*self.usable_at.get_or_insert(now))
    }
}
