//! Settings of the callers and their credentials.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    callers::{CallerEntry, CallerFile},
    domain::InstallationSecret,
    loopback::is_loopback_address,
};

use super::{durations::secs, error::ConfigError, keys, reader::SettingsReader, sources::ConfigSources};

/// The callers of the configuration, and the settings of the callers file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallersConfig {
    /// Accepts calls without credentials, with every role.
    pub anonymous: bool,
    /// Path of the callers file, which need not exist.
    pub file: PathBuf,
    pub reload_interval: Duration,
    /// Time for which the credentials of the file stay valid while the file cannot be read.
    pub max_staleness: Duration,
    /// Entries of `callers.list`.
    pub configured: Vec<CallerEntry>,
}

impl CallersConfig {
    /// Reads the section; `grpc` is the address of `listen`. Also reads the callers file once: a file that is invalid,
    /// or a server without any caller, is a problem.
    pub(super) fn read(r: &mut SettingsReader, grpc: SocketAddr) -> Option<Self> {
        let anonymous = r.get_bool("callers.anonymous");
        if anonymous && !is_loopback_address(grpc.ip()) {
            r.add_problem(
                "callers.anonymous",
                "is true and `listen` is not on loopback: every client would have full access",
            );
        }
        let reload_interval = r.get_in_range("callers.reload_interval", secs(1)..=secs(3600));
        let max_staleness = r.get_in_range("callers.max_staleness", secs(60)..=secs(30 * 86_400));
        let listed = entries(r);
        let file = file(r)?;
        r.add_secret_file("callers.file", &file);
        let in_file = match CallerFile::new(&file).read() {
            Ok(entries) => entries,
            Err(error) => {
                r.add_problem("callers.file", error.to_string());
                return None;
            }
        };
        if !anonymous && !listed.iter().chain(&in_file).any(|entry| entry.revoked_at.is_none()) {
            let reason = format!(
                "contains no active credential ({}) and neither does `callers.list`: create one with \
                 `session-authority keys create`, or set `callers.anonymous = true` on loopback",
                file.display()
            );
            r.add_problem("callers.file", reason);
        }
        let is_certificate = |entry: &&CallerEntry| !entry.credential.is_key() && entry.revoked_at.is_none();
        if r.get_path("tls.client_ca_file").is_none()
            && let Some(entry) = listed.iter().chain(&in_file).find(is_certificate)
        {
            let id = entry.credential.id();
            r.add_problem("tls.client_ca_file", format!("is required, because caller `{}` has {id}", entry.name));
        }
        Some(Self { anonymous, file, reload_interval, max_staleness, configured: listed })
    }
}

fn file(r: &mut SettingsReader) -> Option<PathBuf> {
    let file = r.get_path("callers.file");
    if file.is_none() {
        r.add_problem("callers.file", "is empty");
    }
    file
}

fn entries(r: &mut SettingsReader) -> Vec<CallerEntry> {
    let mut entries = Vec::new();
    for (i, table) in r.get_tables("callers.list").into_iter().enumerate() {
        match CallerEntry::from_table(table) {
            Ok(entry) => entries.push(entry),
            Err(reason) => r.add_problem("callers.list", format!("entry {}: {reason}", i + 1)),
        }
    }
    entries
}

/// The settings that `session-authority keys` needs.
#[derive(Clone, Debug)]
pub struct KeysCommandConfig {
    pub file: PathBuf,
    pub installation: InstallationSecret,
}

impl KeysCommandConfig {
    /// Reads `keys.installation` and `callers.file` only.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigError> {
        let mut r = SettingsReader::new(sources);
        let (file, installation) = (file(&mut r), keys::read_installation(&mut r));
        let read = file.zip(installation).map(|(file, installation)| Self { file, installation });
        r.finish(read)
    }
}
