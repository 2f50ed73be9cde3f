//! Who is let in and to what, as callers with API keys find it.

mod audit;
mod keys;
mod metrics;
mod open_doors;
mod roles;
mod tenants;

use session_authority::{
    callers::{CallerFile, NewKey, Selector},
    config::{CallerKeys, Sources, development},
    domain::{InstallationSecret, Role, UnixMillis},
    entropy::SystemEntropy,
};
use tempfile::TempDir;

use super::fixture::{START, Service, keep_installation};
use crate::support::redis::RedisServer;

/// The file of API keys of the node in a directory.
pub struct KeyRing {
    file: CallerFile,
    installation: InstallationSecret,
}

impl KeyRing {
    pub fn of(directory: &TempDir) -> Self {
        keep_installation(directory);
        let sources = development(Sources::default(), directory.path(), &SystemEntropy).expect("a data directory");
        let CallerKeys { file, installation } = CallerKeys::load(&sources).expect("its keys");
        Self { file: CallerFile::new(&file), installation }
    }

    /// A key without end, for every tenant if none is named.
    pub fn add(&self, name: &str, role: Role, tenants: &[&str]) -> String {
        self.add_until(None, name, role, tenants)
    }

    fn add_until(&self, expires_at: Option<UnixMillis>, name: &str, role: Role, tenants: &[&str]) -> String {
        let tenants = tenants.iter().map(ToString::to_string).collect();
        let new = NewKey { name: name.to_owned(), role, tenants, expires_at };
        let (key, _) = self.file.create(new, &self.installation, START, &SystemEntropy).expect("a key");
        key.reveal()
    }

    pub fn revoke(&self, name: &str) {
        self.file.revoke(&Selector::Name(name.to_owned()), START).expect("a revoked key");
    }
}

/// A node that lets nobody in without a key of the ring in `directory`, which must hold one.
pub async fn guarded(directory: TempDir) -> Service {
    guarded_with(directory, &[]).await
}

/// The same with further settings.
pub async fn guarded_with(directory: TempDir, settings: &[(&str, &str)]) -> Service {
    guarded_on(None, directory, settings).await
}

/// The same with its sessions in Redis, if there is one.
async fn guarded_on(redis: Option<RedisServer>, directory: TempDir, settings: &[(&str, &str)]) -> Service {
    let url = redis.as_ref().map(RedisServer::url);
    let guarded = [("CALLERS__ANONYMOUS", "false"), ("CALLERS__RELOAD_INTERVAL", "1s")];
    let mut settings = [&guarded, settings].concat();
    settings.extend(url.as_deref().map(|url| ("STORE__URL", url)));
    Service::start_in(directory, redis, &settings).await
}

pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}
