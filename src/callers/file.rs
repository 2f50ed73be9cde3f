//! The file that lists the callers.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{CallerRole, InstallationSecret, UnixMillis},
    entropy::{Entropy, EntropyError},
    file_stamp::{FileReadError, FileStamp, read_stamped},
    private_file,
};

use super::{
    entry::{self, CallerEntry, CallerRow},
    key::{ApiKey, KeyHasher, KeyId},
};

/// The largest file that is read: some ten thousand keys.
const FILE_BYTES: u64 = 16 << 20;

const HEADER: &str = "\
# API keys of this installation: written by `session-authority keys`, read by the server, which looks
# for changes while it runs. No key can be made from what is in here.

";
/// Keys of one caller that may be in use at the same time: the old one and the one that replaces it.
const MAX_ACTIVE_KEYS: usize = 2;

/// Why the list could not be read or changed. It is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum CallerFileError {
    #[error("{path} cannot be used: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a list of callers: {reason}")]
    Invalid { path: PathBuf, reason: String },
    /// What was asked for cannot be; completes no sentence.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Entropy(#[from] EntropyError),
}

impl CallerFileError {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// What a key is made for.
#[derive(Clone, Debug)]
pub struct NewCallerKey {
    pub name: String,
    pub role: CallerRole,
    /// None, or `*` alone: every tenant.
    pub tenants: Vec<String>,
    pub expires_at: Option<UnixMillis>,
}

/// Which keys are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySelector {
    Key(KeyId),
    /// All keys of the caller.
    Name(String),
}

/// A text of 16 hexadecimal digits means a key, any other a name.
impl From<&str> for KeySelector {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Key)
    }
}

/// The list in a file. Changes are made under a lock, one after the other, and take the place of the
/// file in one step: a reader sees the old list or the new one.
#[derive(Clone, Debug)]
pub struct CallerFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerDocument {
    #[serde(default)]
    callers: CallerList,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerList {
    #[serde(default)]
    list: Vec<CallerRow>,
}

impl CallerFile {
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every entry in order; none when there is no such file.
    pub fn read(&self) -> Result<Vec<CallerEntry>, CallerFileError> {
        match self.read_stamped() {
            Ok((entries, _)) => Ok(entries),
            Err(error) if error.is_missing() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Returns every entry in order, and the stamp of the state of the file that they were read from. A missing file
    /// is an error, see [`CallerFileError::is_missing`].
    pub(super) fn read_stamped(&self) -> Result<(Vec<CallerEntry>, FileStamp), CallerFileError> {
        let (bytes, stamp) = read_stamped(&self.path, FILE_BYTES).map_err(|error| {
            self.io(match error {
                FileReadError::Io(error) => error,
                other => io::Error::other(other.to_string()),
            })
        })?;
        let text = String::from_utf8(bytes).map_err(|_| self.invalid("it is not UTF-8".to_owned()))?;
        Ok((self.parse(&text)?, stamp))
    }

    /// Adds a key. It is answered in full this once; only its hash is kept. Refused when the caller has
    /// two live keys already, or exists with another role or other tenants.
    pub fn create(
        &self,
        new: NewCallerKey,
        secret: &InstallationSecret,
        now: UnixMillis,
        entropy: &dyn Entropy,
    ) -> Result<(ApiKey, CallerEntry), CallerFileError> {
        let key = ApiKey::generate(entropy)?;
        let entry = CallerEntry {
            name: entry::validate_name(new.name).map_err(CallerFileError::Refused)?,
            role: new.role,
            tenants: entry::parse_tenants(new.tenants).map_err(CallerFileError::Refused)?,
            key_id: key.id(),
            key_hash: KeyHasher::new(secret).hash(&key),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        if !entry.is_live(now) {
            return Err(CallerFileError::Refused("`expires_at` is not in the future".to_owned()));
        }
        self.update_entries(|entries| {
            check_against_existing(&entry, entries, now).map_err(CallerFileError::Refused)?;
            entries.push(entry.clone());
            Ok(())
        })?;
        Ok((key, entry))
    }

    /// Revokes what `selector` means and answers it; refused when that is nothing. A key that was
    /// revoked before keeps its time and is not answered.
    pub fn revoke(&self, selector: &KeySelector, now: UnixMillis) -> Result<Vec<CallerEntry>, CallerFileError> {
        let mut revoked = Vec::new();
        self.update_entries(|entries| {
            let is_selected = |entry: &&mut CallerEntry| match selector {
                KeySelector::Key(id) => entry.key_id == *id,
                KeySelector::Name(name) => entry.name == *name,
            };
            let mut any = false;
            for entry in entries.iter_mut().filter(is_selected) {
                any = true;
                if entry.revoked_at.is_none() {
                    entry.revoked_at = Some(now);
                    revoked.push(entry.clone());
                }
            }
            if any { Ok(()) } else { Err(CallerFileError::Refused("there is no such key or caller".to_owned())) }
        })?;
        Ok(revoked)
    }

    fn update_entries(
        &self,
        change: impl FnOnce(&mut Vec<CallerEntry>) -> Result<(), CallerFileError>,
    ) -> Result<(), CallerFileError> {
        let lock = File::open(private_file::parent_directory(&self.path)).map_err(|error| self.io(error))?;
        lock.lock().map_err(|error| self.io(error))?;
        let mut entries = self.read()?;
        change(&mut entries)?;
        self.replace_file(&entries)
    }

    fn replace_file(&self, entries: &[CallerEntry]) -> Result<(), CallerFileError> {
        let form = CallerDocument { callers: CallerList { list: entries.iter().map(CallerRow::from).collect() } };
        let text = toml::to_string(&form).map_err(|error| self.io(io::Error::other(error)))?;
        private_file::replace(&self.path, &format!("{HEADER}{text}")).map_err(|error| self.io(error))
    }

    fn parse(&self, text: &str) -> Result<Vec<CallerEntry>, CallerFileError> {
        let form: CallerDocument = toml::from_str(text).map_err(|error| {
            let upto = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            self.invalid(format!("line {}: {}", upto.matches('\n').count() + 1, error.message()))
        })?;
        let mut entries: Vec<CallerEntry> = Vec::with_capacity(form.callers.list.len());
        for (i, row) in form.callers.list.into_iter().enumerate() {
            let wrong = |reason| self.invalid(format!("entry {}: {reason}", i + 1));
            let entry = CallerEntry::try_from(row).map_err(wrong)?;
            if entries.iter().any(|other| other.key_id == entry.key_id) {
                return Err(wrong("`key_id` is that of an entry before".to_owned()));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    fn invalid(&self, reason: String) -> CallerFileError {
        CallerFileError::Invalid { path: self.path.clone(), reason }
    }

    fn io(&self, source: io::Error) -> CallerFileError {
        CallerFileError::Io { path: self.path.clone(), source }
    }
}

fn check_against_existing(new: &CallerEntry, entries: &[CallerEntry], now: UnixMillis) -> Result<(), String> {
    let live = entries.iter().filter(|entry| entry.name == new.name && entry.is_live(now));
    let mut others = live.clone();
    if live.count() >= MAX_ACTIVE_KEYS {
        return Err(format!("`{}` has {MAX_ACTIVE_KEYS} keys in use; revoke one first", new.name));
    }
    if others.any(|entry| entry.role != new.role || entry.tenants != new.tenants) {
        return Err(format!("`{}` has a key with another role or other tenants; choose another name", new.name));
    }
    Ok(())
}
