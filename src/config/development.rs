//! The configuration of a development server: embedded stores in one directory, and no API keys.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use crate::{
    entropy::{Entropy, EntropyError},
    private_file,
};

use super::{Config, ConfigError, ConfigSources, keys::GeneratedKeys};

/// An error while setting up a development server.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentError {
    #[error("the data directory {path} cannot be used: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    #[error("{0}")]
    Config(#[from] ConfigError),
}

impl Config {
    /// Returns the configuration of a server that needs only `data`, a directory that is created if missing. Keys are
    /// generated there once and reused, so sessions survive a restart. The environment and flags of `sources` override
    /// these settings. The result is checked like any other configuration.
    pub fn development(sources: ConfigSources, data: &Path, entropy: &dyn Entropy) -> Result<Self, DevelopmentError> {
        Ok(Self::load(&development_sources(sources, data, entropy)?)?)
    }
}

/// Returns `sources` with the settings of a development server in `data`. Generates its keys if there are none.
pub fn development_sources(
    mut sources: ConfigSources,
    data: &Path,
    entropy: &dyn Entropy,
) -> Result<ConfigSources, DevelopmentError> {
    let refuse = |source| DevelopmentError::Directory { path: data.to_owned(), source };
    let directory = data.to_str().ok_or_else(|| refuse(io::Error::other("its name is not UTF-8")))?;
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(refuse)?;
    let new = GeneratedKeys::generate(entropy)?;
    let installation = read_or_create(&data.join("installation.key"), new.installation()).map_err(refuse)?;
    let token = read_or_create(&data.join("token.keys"), new.token()).map_err(refuse)?;
    sources.development = vec![
        ("store.url", format!("sqlite://{directory}/sessions.db")),
        ("store.adopt_empty", "true".to_owned()),
        ("audit.url", format!("sqlite://{directory}/audit.db")),
        ("keys.installation", installation),
        ("keys.token", token),
        ("callers.anonymous", "true".to_owned()),
        ("http.user_sessions.enabled", "true".to_owned()),
        ("callers.file", format!("{directory}/callers.toml")),
        ("console.enabled", "true".to_owned()),
        ("account.enabled", "true".to_owned()),
        ("shutdown.delay", "0s".to_owned()),
        ("shutdown.deadline", "5s".to_owned()),
    ];
    Ok(sources)
}

/// Returns the content of `file`. If there is no such file, creates it with `new`, readable by its owner only.
fn read_or_create(file: &Path, new: String) -> io::Result<String> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => private_file::replace(file, &new).map(|()| new),
        read => read,
    }
}
