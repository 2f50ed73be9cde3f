//! Settings: where they come from, what they must be, and what is said when they are not.
//!
//! `default.toml` lists and explains every setting, and is the lowest of the layers that
//! [`Sources`] lays over each other. [`Config::load`] reads each concern into a struct of its own;
//! all that is wrong is told at once, by the name of the setting.

mod alerts;
mod audit;
mod cache;
mod callers;
mod detection;
mod development;
mod effective;
mod engine_url;
mod error;
mod geo;
mod keys;
mod kind;
mod log;
mod management;
mod plaintext;
mod policies;
mod reader;
mod reference;
mod secret_url;
mod server;
mod sessions;
mod settings;
mod shutdown;
mod sources;
mod span;
mod store;
mod suggest;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;

pub use alerts::Alerts;
pub use audit::{Audit, AuditUrl};
pub use cache::Cache;
pub use callers::{CallerKeys, CallerSources};
pub use development::{DevelopmentError, development};
pub use effective::effective;
pub use error::{ConfigError, Problem};
pub use geo::Geo;
pub use keys::{Keys, NewKeys};
pub use log::{Log, LogFormat, log_format};
pub use management::Management;
pub use reader::SecretFile;
pub use reference::reference;
pub use secret_url::SecretUrl;
pub use server::{Concurrency, Server};
pub use sessions::Sessions;
pub use shutdown::Shutdown;
pub use sources::{Origin, Sources};
pub use span::parse as parse_span;
pub use store::{Store, StoreUrl};
pub use telemetry::Telemetry;
pub use tls::Tls;

use crate::domain::Policies;

use reader::Reader;

/// Everything that a server needs to know to serve. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    /// `None`: plain text.
    pub tls: Option<Tls>,
    pub management: Management,
    pub store: Store,
    pub audit: Audit,
    pub keys: Keys,
    pub callers: CallerSources,
    pub sessions: Sessions,
    pub policies: Policies,
    pub geo: Geo,
    pub detection: crate::detection::Settings,
    pub alerts: Alerts,
    pub cache: Cache,
    pub log: Log,
    pub telemetry: Telemetry,
    pub shutdown: Shutdown,
    /// The files in which secrets were found.
    pub secret_files: Vec<SecretFile>,
}

impl Config {
    /// Reads and checks all of it. The error names every setting that is wrong; without keys, stores
    /// and callers there is nothing to serve, and it says how to get them.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(sources);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    fn read(r: &mut Reader) -> Option<Self> {
        let tls = Tls::read(r);
        let listen = server::listen(r);
        let server = Server::read(r, listen, tls.is_some());
        let management = Management::read(r, listen);
        let databases = Databases::read(r);
        let keys = Keys::read(r);
        let callers = CallerSources::read(r, listen);
        let sessions = Sessions::read(r);
        let policies = policies::read(r);
        let geo = Geo::read(r);
        let detection = detection::read(r);
        let alerts = Alerts::read(r);
        let cache = Cache::read(r);
        let log = Log::read(r);
        let telemetry = Telemetry::read(r);
        let shutdown = Shutdown::read(r);
        let Databases { store, audit } = databases?;
        Some(Self {
            server,
            tls,
            management: management?,
            store,
            audit,
            keys: keys?,
            callers: callers?,
            sessions,
            policies,
            geo,
            detection,
            alerts,
            cache,
            log,
            telemetry,
            shutdown,
            secret_files: r.secret_files(),
        })
    }
}

/// The databases alone: what `session-authority migrate` needs.
#[derive(Clone, Debug)]
pub struct Databases {
    pub store: Store,
    pub audit: Audit,
}

impl Databases {
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(sources);
        let databases = Self::read(&mut reader);
        reader.finish(databases)
    }

    fn read(r: &mut Reader) -> Option<Self> {
        let (store, audit) = (Store::read(r), Audit::read(r));
        if let (Some(store), Some(audit)) = (&store, &audit) {
            audit.refuse_the_file_of(store, r);
        }
        store.zip(audit).map(|(store, audit)| Self { store, audit })
    }
}
