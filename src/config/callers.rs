//! Where the callers are listed.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    callers::{CallerEntry, CallerFile},
    domain::InstallationSecret,
};

use super::{durations::secs, error::ConfigError, keys, reader::SettingsReader, server, sources::ConfigSources};

/// Who may call, as far as the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallersConfig {
    /// Whether calls without credentials are let in, with every role.
    pub anonymous: bool,
    /// Need not exist.
    pub file: PathBuf,
    pub reload_interval: Duration,
    /// How long the keys of a file that can be read no longer stay in effect.
    pub max_staleness: Duration,
    /// `callers.list`.
    pub configured: Vec<CallerEntry>,
}

impl CallersConfig {
    /// `grpc`: the address of `listen`. Also reads the file once: serving nobody, or with a file that
    /// cannot be read, is refused.
    pub(super) fn read(r: &mut SettingsReader, grpc: SocketAddr) -> Option<Self> {
        let anonymous = r.get_bool("callers.anonymous");
        if anonymous && !server::is_loopback(grpc) {
            r.add_problem(
                "callers.anonymous",
                "is true, and `listen` is beyond loopback: anybody there could do anything",
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
                "lists no caller ({}), nor does `callers.list`: make a key with \
                 `session-authority keys create`, or set `callers.anonymous = true` on loopback",
                file.display()
            );
            r.add_problem("callers.file", reason);
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
            Err(reason) => r.add_problem("callers.list", format!("{reason} (its entry {})", i + 1)),
        }
    }
    entries
}

/// What `session-authority keys` works on.
#[derive(Clone, Debug)]
pub struct KeysCommandConfig {
    pub file: PathBuf,
    pub installation: InstallationSecret,
}

impl KeysCommandConfig {
    /// Needs `keys.installation` and `callers.file` alone.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigError> {
        let mut r = SettingsReader::new(sources);
        let (file, installation) = (file(&mut r), keys::read_installation(&mut r));
        let read = file.zip(installation).map(|(file, installation)| Self { file, installation });
        r.finish(read)
    }
}
