//! The callers file, which lists the API keys and SPIFFE IDs of an installation.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{CallerRole, InstallationSecret, SpiffeId, UnixMillis},
    entropy::{Entropy, EntropyError},
    file_stamp::{FileReadError, FileStamp, read_stamped},
    private_file,
};

use super::{
    credential::{CallerCredential, CredentialId},
    entry::{self, CallerEntry, CallerRow},
    key::{ApiKey, KeyHasher},
};

/// Maximum size of the file: enough for more than ten thousand credentials.
const FILE_BYTES: u64 = 16 << 20;

const HEADER: &str = "\
# Callers of this installation. Written by `session-authority keys`; the server reloads it on change.
# Contains no secrets: of API keys it has hashes only.

";
/// Maximum number of active keys of one caller: the old one and the one that replaces it.
const MAX_ACTIVE_KEYS: usize = 2;
/// Maximum number of active SPIFFE IDs of one caller.
const MAX_ACTIVE_SPIFFE_IDS: usize = 16;

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

/// The caller, scope and lifetime of a new credential.
#[derive(Clone, Debug)]
pub struct NewCaller {
    pub name: String,
    pub role: CallerRole,
    /// An empty list, or `*` alone, stands for every tenant.
    pub tenants: Vec<String>,
    pub expires_at: Option<UnixMillis>,
}

/// The replacement of a caller's key by a new one.
#[derive(Clone, Debug)]
pub struct KeyRotation {
    pub name: String,
    /// The time at which the old key expires, unless it expires earlier anyway.
    pub old_expires_at: UnixMillis,
    /// The time at which the new key expires.
    pub expires_at: Option<UnixMillis>,
}

/// Selects one credential, or the credentials of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSelector {
    Credential(CredentialId),
    /// Selects every credential of the caller.
    Name(String),
}

/// Interprets a text of 16 lower-case hexadecimal digits as a key ID, one that begins with `spiffe://` as a SPIFFE ID,
/// and any other as a name.
impl From<&str> for CredentialSelector {
    fn from(text: &str) -> Self {
        let key = text.parse().map(CredentialId::Key).ok();
        let id = key.or_else(|| text.parse().map(CredentialId::Certificate).ok());
        id.map_or_else(|| Self::Name(text.to_owned()), Self::Credential)
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
    /// active keys, or a credential with a different role or tenants.
    pub fn create(
        &self,
        new: NewCaller,
        secret: &InstallationSecret,
        now: UnixMillis,
        entropy: &dyn Entropy,
    ) -> Result<(ApiKey, CallerEntry), CallerFileError> {
        let key = ApiKey::generate(entropy)?;
        let credential = CallerCredential::Key { id: key.id(), hash: KeyHasher::new(secret).hash(&key) };
        Ok((key, self.add(new, credential, now)?))
    }

    /// Lets client certificates with this SPIFFE ID identify a caller. Fails if the ID is listed already and not
    /// revoked, or if the caller has a credential with a different role or tenants.
    pub fn add_spiffe_id(&self, new: NewCaller, id: SpiffeId, now: UnixMillis) -> Result<CallerEntry, CallerFileError> {
        self.add(new, CallerCredential::Certificate(id), now)
    }

    /// Adds a key for a caller that has one, with the same role and tenants, and sets the time at which the old one
    /// expires. Returns the new key in full, this one time, its entry, and that of the old key. Fails if the caller
    /// does not have exactly one active key.
    pub fn rotate(
        &self,
        rotation: &KeyRotation,
        secret: &InstallationSecret,
        now: UnixMillis,
        entropy: &dyn Entropy,
    ) -> Result<(ApiKey, CallerEntry, CallerEntry), CallerFileError> {
        let key = ApiKey::generate(entropy)?;
        let credential = CallerCredential::Key { id: key.id(), hash: KeyHasher::new(secret).hash(&key) };
        let KeyRotation { name, old_expires_at, expires_at } = rotation;
        let mut changed = None;
        self.update_entries(|entries| {
            let is_active_key =
                |entry: &&mut CallerEntry| entry.name == *name && entry.credential.is_key() && entry.is_live(now);
            let mut active: Vec<_> = entries.iter_mut().filter(is_active_key).collect();
            let old = match active.as_mut_slice() {
                [old] => old,
                [] => {
                    return Err(CallerFileError::Refused(format!(
                        "`{name}` has no active key; create one with `session-authority keys create`"
                    )));
                }
                _ => {
                    return Err(CallerFileError::Refused(format!(
                        "`{name}` already has {MAX_ACTIVE_KEYS} active keys; revoke the old one first"
                    )));
                }
            };
            old.expires_at = Some(old.expires_at.map_or(*old_expires_at, |at| at.min(*old_expires_at)));
            let old = old.clone();
            let new = CallerEntry { credential, created_at: now, expires_at: *expires_at, ..old.clone() };
            require_future(&new, now)?;
            entries.push(new.clone());
            changed = Some((new, old));
            Ok(())
        })?;
        let (new, old) = changed.ok_or_else(|| CallerFileError::Refused("nothing was changed".to_owned()))?;
        Ok((key, new, old))
    }

    /// Revokes the selected credentials and returns them. One that was revoked before keeps its time and is not
    /// returned. Fails if none matches.
    pub fn revoke(&self, selector: &CredentialSelector, now: UnixMillis) -> Result<Vec<CallerEntry>, CallerFileError> {
        let mut revoked = Vec::new();
        self.update_entries(|entries| {
            let is_selected = |entry: &&mut CallerEntry| match selector {
                CredentialSelector::Credential(id) => entry.credential.id() == *id,
                CredentialSelector::Name(name) => entry.name == *name,
            };
            let mut any = false;
            for entry in entries.iter_mut().filter(is_selected) {
                any = true;
                if entry.revoked_at.is_none() {
                    entry.revoked_at = Some(now);
                    revoked.push(entry.clone());
                }
            }
            if any { Ok(()) } else { Err(CallerFileError::Refused("no key, SPIFFE ID or caller matches".to_owned())) }
        })?;
        Ok(revoked)
    }

    fn add(
        &self,
        new: NewCaller,
        credential: CallerCredential,
        now: UnixMillis,
    ) -> Result<CallerEntry, CallerFileError> {
        let entry = CallerEntry {
            name: entry::validate_name(new.name).map_err(CallerFileError::Refused)?,
            role: new.role,
            tenants: entry::parse_tenants(new.tenants).map_err(CallerFileError::Refused)?,
            credential,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        require_future(&entry, now)?;
        self.update_entries(|entries| {
            check_against_existing(&entry, entries, now).map_err(CallerFileError::Refused)?;
            entries.push(entry.clone());
            Ok(())
        })?;
        Ok(entry)
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
            if let Some(field) = duplicate_field(&entry, &entries) {
                return Err(wrong(format!("`{field}` duplicates an earlier entry")));
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

/// Returns the field that names a credential which one of `entries` has already. A SPIFFE ID that was revoked may be
/// listed again.
fn duplicate_field(new: &CallerEntry, entries: &[CallerEntry]) -> Option<&'static str> {
    let id = new.credential.id();
    let mut same = entries.iter().filter(|other| other.credential.id() == id);
    match &new.credential {
        CallerCredential::Key { .. } => same.next().map(|_| "key_id"),
        CallerCredential::Certificate(_) if new.revoked_at.is_some() => None,
        CallerCredential::Certificate(_) => same.any(|other| other.revoked_at.is_none()).then_some("spiffe_id"),
    }
}

fn require_future(new: &CallerEntry, now: UnixMillis) -> Result<(), CallerFileError> {
    if new.is_live(now) {
        return Ok(());
    }
    Err(CallerFileError::Refused("`expires_at` is not in the future".to_owned()))
}

fn check_against_existing(new: &CallerEntry, entries: &[CallerEntry], now: UnixMillis) -> Result<(), String> {
    if duplicate_field(new, entries).is_some() {
        return Err(format!("{} is listed already; revoke it first", new.credential.id()));
    }
    let live = entries.iter().filter(|entry| entry.name == new.name && entry.is_live(now));
    let of_kind = live.clone().filter(|entry| entry.credential.is_key() == new.credential.is_key()).count();
    let (limit, kind) =
        if new.credential.is_key() { (MAX_ACTIVE_KEYS, "keys") } else { (MAX_ACTIVE_SPIFFE_IDS, "SPIFFE IDs") };
    if of_kind >= limit {
        return Err(format!("`{}` already has {limit} active {kind}; revoke one first", new.name));
    }
    let mut others = live;
    if others.any(|entry| entry.role != new.role || entry.tenants != new.tenants) {
        let name = &new.name;
        return Err(format!("`{name}` already has a credential with a different role or tenants; choose another name"));
    }
    Ok(())
}
