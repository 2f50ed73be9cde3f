//! The callers of a running server, which change under it.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::SystemTime,
};

use crate::domain::{Caller, InstallationSecret, UnixMillis};

use super::{AuthError, CallerFile, CallerFileError, Callers, Entry};

/// What a look at the file led to.
#[derive(Debug)]
pub enum Reloaded {
    /// The file is as it was.
    Unchanged,
    /// Its callers are in effect.
    Replaced { keys: usize },
    /// It cannot be used, or is gone; the callers of before stay. Told once for each change.
    Kept(CallerFileError),
}

/// The current callers: those of the file and those of the configuration. A call reads them without
/// waiting for a reload.
#[derive(Debug)]
pub struct CallersHandle {
    current: RwLock<Arc<Callers>>,
    file: CallerFile,
    listed: Vec<Entry>,
    secret: InstallationSecret,
    anonymous: bool,
    /// What the file was when it was last looked at.
    seen: Mutex<Option<Stamp>>,
}

/// Tells a changed file from an unchanged one; `None` stands for a missing one.
type Stamp = (SystemTime, u64);

impl CallersHandle {
    /// Reads the file, which need not exist. `listed` are the callers of the configuration itself; an
    /// entry there counts before one of the same key in the file.
    pub fn open(
        file: &Path,
        listed: Vec<Entry>,
        secret: &InstallationSecret,
        anonymous: bool,
    ) -> Result<Self, CallerFileError> {
        let file = CallerFile::new(file);
        let seen = stamp(file.path());
        let entries = [listed.clone(), file.read()?].concat();
        let callers = Callers::new(secret, &entries, anonymous);
        Ok(Self {
            current: RwLock::new(Arc::new(callers)),
            file,
            listed,
            secret: secret.clone(),
            anonymous,
            seen: Mutex::new(seen),
        })
    }

    /// As [`Callers::authenticate`], by the callers of this moment.
    pub fn authenticate(&self, presented: Option<&str>, now: UnixMillis) -> Result<Arc<Caller>, AuthError> {
        self.current().authenticate(presented, now)
    }

    /// The callers of this moment.
    #[must_use]
    pub fn current(&self) -> Arc<Callers> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over a file that has changed since it was last looked at. Blocks on the file system.
    pub fn reload_if_changed(&self) -> Reloaded {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(self.file.path());
        if *seen == stamp {
            return Reloaded::Unchanged;
        }
        *seen = stamp;
        if stamp.is_none() {
            let source = std::io::ErrorKind::NotFound.into();
            return Reloaded::Kept(CallerFileError::Io { path: self.file.path().to_owned(), source });
        }
        match self.file.read() {
            Ok(entries) => {
                let entries = [self.listed.clone(), entries].concat();
                let callers = Callers::new(&self.secret, &entries, self.anonymous);
                let keys = callers.keys();
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(callers);
                Reloaded::Replaced { keys }
            }
            Err(error) => Reloaded::Kept(error),
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
