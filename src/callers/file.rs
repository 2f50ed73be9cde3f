//! The callers file, which lists the API keys of an installation.

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

/// Maximum size of the file: enough for more than ten thousand keys.
const FILE_BYTES: u64 = 16 << 20;

const HEADER: &str = "\
# API keys of this installation. Written by `session-authority keys`; the server reloads it on change.
# Contains hashes only.

";
/// Maximum number of active keys of one caller: the old one and the one that replaces it.
const MAX_ACTIVE_KEYS: usize = 2;

/// The error of reading or changing the callers file, which is then unchanged.
#[derive(Debug, thiserror::Error)]
pub enum CallerFileError {
    #[error("cannot read or write {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a valid callers file: {reason}")]
    Invalid { path: PathBuf, reason: String },
    /// The requested change is not possible. The text is a complete message.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Entropy(#[from] EntropyError),
}

impl CallerFileError {
    /// Returns whether the file does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// The caller, scope and lifetime of a key to be created.
#[derive(Clone, Debug)]
pub struct NewCallerKey {
    pub name: String,
    pub role: CallerRole,
    /// An empty list, or `*` alone, stands for every tenant.
    pub tenants: Vec<String>,
    pub expires_at: Option<UnixMillis>,
}

/// Selects one key, or the keys of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySelector {
    Key(KeyId),
    /// Selects every key of the caller.
    Name(String),
}

/// Interprets a text of 16 lower-case hexadecimal digits as a key ID, and any other as a name.
impl From<&str> for KeySelector {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Key)
    }
}

/// A list of callers in a file. Changes are made under a lock, one after the other, and replace the file in one step: a
/// reader sees the old list or the new one.
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

    /// Returns every entry in order; none if the file does not exist.
    pub fn read(&self) -> Result<Vec<CallerEntry>, CallerFileError> {
        match self.read_stamped() {
            Ok((entries, _)) => Ok(entries),
            Err(error) if error.is_missing() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Returns every entry in order, and the stamp of the file state from which they were read. A missing file is an
    /// error; see [`CallerFileError::is_missing`].
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

    /// Adds a key and returns it in full, this one time: only its hash is stored. Fails if the caller already has two
    /// active keys, or has a key with a different role or tenants.
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

    /// Revokes the selected keys and returns them. A key that was revoked before keeps its time and is not returned.
    /// Fails if no key matches.
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
            if any { Ok(()) } else { Err(CallerFileError::Refused("no key or caller matches".to_owned())) }
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
                return Err(wrong("`key_id` duplicates an earlier entry".to_owned()));
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
        return Err(format!("`{}` already has {MAX_ACTIVE_KEYS} active keys; revoke one first", new.name));
    }
    if others.any(|entry| entry.role != new.role || entry.tenants != new.tenants) {
        return Err(format!("`{}` already has a key with a different role or tenants; choose another name", new.name));
    }
    Ok(())
}
