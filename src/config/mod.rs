//! Settings: their sources, types and bounds, and the errors if they are invalid.
//!
//! `default.toml` lists and explains every setting. It is the lowest of the layers that [`ConfigSources`] combines.
//! [`Config::load`] reads each section into its own struct. All problems are reported together, each with the name of
//! its setting.

mod alerts;
mod audit;
mod cache;
mod callers;
mod detection;
mod development;
mod durations;
mod effective;
mod engine_url;
mod error;
mod gateway;
mod geo;
mod http;
mod keys;
mod log;
mod management;
mod named_sections;
mod notifications;
mod pages;
mod plaintext;
mod policies;
mod reader;
mod reference;
mod secret_url;
mod server;
mod sessions;
mod setting_type;
mod settings;
mod shutdown;
mod sources;
mod store;
mod suggest;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod webhooks;

pub use alerts::AlertsConfig;
pub use audit::{AuditConfig, AuditUrl};
pub use cache::CacheConfig;
pub use callers::{CallersConfig, KeysCommandConfig};
pub use development::{DevelopmentError, development_sources};
pub use durations::parse_duration as parse_span;
pub use effective::render_effective_config;
pub use error::{ConfigError, ConfigProblem};
pub use geo::GeoConfig;
pub use http::{HttpConfig, UserSessionsConfig};
pub use keys::{GeneratedKeys, InstallationKeys};
pub use log::{LogConfig, LogFormat, log_format};
pub use management::ManagementConfig;
pub use pages::{AccountConfig, ConsoleConfig};
pub use reader::SecretFile;
pub use reference::render_reference;
pub use secret_url::SecretUrl;
pub use server::{CallerRateConfig, ConcurrencyLimits, ServerConfig};
pub use sessions::SessionsConfig;
pub use shutdown::ShutdownConfig;
pub use sources::{ConfigSources, SettingOrigin};
pub use store::{StoreConfig, StoreTlsConfig, StoreUrl};
pub use telemetry::TelemetryConfig;
pub use tls::TlsConfig;
pub use webhooks::WebhooksConfig;

use crate::domain::PolicySet;

use reader::SettingsReader;

/// The complete configuration of a server. Its `Debug` output contains no secret.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: ServerConfig,
    /// `None`: the server uses plain text.
    pub tls: Option<TlsConfig>,
    pub management: ManagementConfig,
    pub http: HttpConfig,
    pub console: ConsoleConfig,
    pub account: AccountConfig,
    pub store: StoreConfig,
    pub audit: AuditConfig,
    pub keys: InstallationKeys,
    pub callers: CallersConfig,
    pub sessions: SessionsConfig,
    pub policies: PolicySet,
    pub gateway: crate::gateway::GatewaySettings,
    pub geo: GeoConfig,
    pub detection: crate::detection::DetectionSettings,
    pub alerts: AlertsConfig,
    pub notifications: crate::notifications::NotificationSettings,
    pub webhooks: WebhooksConfig,
    pub cache: CacheConfig,
    pub log: LogConfig,
    pub telemetry: TelemetryConfig,
    pub shutdown: ShutdownConfig,
    /// The files that contain secrets.
    pub secret_files: Vec<SecretFile>,
}

impl Config {
    /// Reads and checks all settings. The error names every setting that is invalid. If keys, stores or callers are
    /// missing, it states how to provide them.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigError> {
        let mut reader = SettingsReader::new(sources);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    fn read(r: &mut SettingsReader) -> Option<Self> {
        let tls = TlsConfig::read(r);
        let listen = server::read_listen_address(r);
        let server = ServerConfig::read(r, listen, tls.is_some());
        let management = ManagementConfig::read(r, listen, tls.is_some());
        let others = [("listen", Some(listen)), ("management.listen", management.map(|management| management.listen))];
        let http = HttpConfig::read(r, others, tls.is_some());
        let databases = DatabasesConfig::read(r);
        let keys = InstallationKeys::read(r);
        let callers = CallersConfig::read(r, listen);
        let sessions = SessionsConfig::read(r);
        let policies = policies::read(r);
        let console = ConsoleConfig::read(r, http.listen.is_some(), &policies);
        let account = AccountConfig::read(r, http.listen.is_some());
        let gateway = gateway::read(r);
        let geo = GeoConfig::read(r);
        let detection = detection::read(r);
        let alerts = AlertsConfig::read(r);
        let notifications = notifications::read(r);
        let webhooks = WebhooksConfig::read(r, databases.as_ref().map(|databases| &databases.audit.url));
        let cache = CacheConfig::read(r);
        let log = LogConfig::read(r);
        let telemetry = TelemetryConfig::read(r);
        let shutdown = ShutdownConfig::read(r);
        let DatabasesConfig { store, audit } = databases?;
        Some(Self {
            server,
            tls,
            management: management?,
            http,
            console,
            account,
            store,
            audit,
            keys: keys?,
            callers: callers?,
            sessions,
            policies,
            gateway,
            geo,
            detection,
            alerts,
            notifications,
            webhooks,
            cache,
            log,
            telemetry,
            shutdown,
            secret_files: r.secret_files(),
        })
    }
}

/// The settings of the databases, which `session-authority migrate` needs.
#[derive(Clone, Debug)]
pub struct DatabasesConfig {
    pub store: StoreConfig,
    pub audit: AuditConfig,
}

impl DatabasesConfig {
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigError> {
        let mut reader = SettingsReader::new(sources);
        let databases = Self::read(&mut reader);
        reader.finish(databases)
    }

    fn read(r: &mut SettingsReader) -> Option<Self> {
        let (store, audit) = (StoreConfig::read(r), AuditConfig::read(r));
        if let (Some(store), Some(audit)) = (&store, &audit) {
            audit.reject_store_file(store, r);
        }
        store.zip(audit).map(|(store, audit)| Self { store, audit })
    }
}
