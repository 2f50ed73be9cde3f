//! Authentication and authorization of callers with API keys.

mod audit;
mod fields;
mod keys;
mod metrics;
mod refused_calls;
mod roles;
mod tenants;
mod unauthenticated_endpoints;

use session_authority::{
    callers::{CallerFile, CredentialSelector, NewCaller},
    config::{ConfigSources, KeysCommandConfig, development_sources},
    domain::{CallerRole, InstallationSecret, UnixMillis},
    entropy::SystemEntropy,
};
use tempfile::TempDir;

use super::fixture::{START, TestService, write_installation_keys};
use crate::support::redis::RedisServer;

/// The file with the API keys of the node in a directory.
pub struct KeyRing {
    file: CallerFile,
    installation: InstallationSecret,
}

impl KeyRing {
    pub fn open(directory: &TempDir) -> Self {
        write_installation_keys(directory);
        let sources =
            development_sources(ConfigSources::default(), directory.path(), &SystemEntropy).expect("a data directory");
        let KeysCommandConfig { file, installation } = KeysCommandConfig::load(&sources).expect("its keys");
        Self { file: CallerFile::new(&file), installation }
    }

    /// Adds a key without expiry, for every tenant if none is named.
    pub fn add(&self, name: &str, role: CallerRole, tenants: &[&str]) -> String {
        self.add_until(None, name, role, tenants)
    }

    fn add_until(&self, expires_at: Option<UnixMillis>, name: &str, role: CallerRole, tenants: &[&str]) -> String {
        let tenants = tenants.iter().map(ToString::to_string).collect();
        let new = NewCaller { name: name.to_owned(), role, tenants, expires_at };
        let (key, _) = self.file.create(new, &self.installation, START, &SystemEntropy).expect("a key");
        key.reveal()
    }

    /// Lets client certificates with this SPIFFE ID identify a caller.
    pub fn add_spiffe_id(&self, name: &str, role: CallerRole, tenants: &[&str], id: &str) {
        let tenants = tenants.iter().map(ToString::to_string).collect();
        let new = NewCaller { name: name.to_owned(), role, tenants, expires_at: None };
        self.file.add_spiffe_id(new, id.parse().expect("a SPIFFE ID"), START).expect("a new SPIFFE ID");
    }

    pub fn revoke(&self, name: &str) {
        self.file.revoke(&CredentialSelector::Name(name.to_owned()), START).expect("a revoked key");
    }
}

/// Starts a node that accepts only callers with a key from the file in `directory`, which must contain one.
pub async fn guarded(directory: TempDir) -> TestService {
    guarded_with(directory, &[]).await
}

/// Starts such a node with further settings.
pub async fn guarded_with(directory: TempDir, settings: &[(&str, &str)]) -> TestService {
    guarded_on(None, directory, settings).await
}

/// Starts such a node with its sessions in Redis, if there is one.
pub async fn guarded_on(redis: Option<RedisServer>, directory: TempDir, settings: &[(&str, &str)]) -> TestService {
    let url = redis.as_ref().map(RedisServer::url);
    let guarded = [("CALLERS__ANONYMOUS", "false"), ("CALLERS__RELOAD_INTERVAL", "1s")];
    let mut settings = [&guarded, settings].concat();
    settings.extend(url.as_deref().map(|url| ("STORE__URL", url)));
    TestService::start_in(directory, redis, &settings).await
}

pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}
