//! Settings of the session store.

use std::{path::PathBuf, time::Duration};

use super::{
    durations::{millis, secs},
    engine_url::{cluster_url, scheme, server_url, sqlite_file},
    plaintext,
    reader::SettingsReader,
    secret_url::SecretUrl,
    tls,
};
use crate::{certificates::ClientCredentials, tls::StoreTlsFiles};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    pub url: StoreUrl,
    /// The files for connections over TLS. `None`: servers are verified by the public authorities, and nodes present no
    /// certificate.
    pub tls: Option<StoreTlsConfig>,
    /// Allows servers that are not on loopback without TLS.
    pub allow_plaintext: bool,
    pub pool_size: usize,
    pub connect_timeout: Duration,
    pub response_timeout: Duration,
    /// Treats an emptied store as a new one.
    pub adopt_empty: bool,
}

/// The files for connections to the store over TLS, and their content at startup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreTlsConfig {
    pub files: StoreTlsFiles,
    pub credentials: ClientCredentials,
    pub reload_interval: Duration,
}

impl StoreTlsConfig {
    /// Reads the settings. Returns `None` if no file is set or one of them is a problem.
    fn read(r: &mut SettingsReader, is_over_tls: bool) -> Option<Self> {
        const CERTIFICATE_SETTINGS: [&str; 2] = ["store.client_certificate_file", "store.client_key_file"];
        let reload_interval = r.get_in_range("store.tls_reload_interval", millis(100)..=secs(3600));
        let authorities_file = r.get_path("store.ca_file");
        let authorities = authorities_file.as_ref().map(|file| tls::read_certificates(r, "store.ca_file", file));
        let certificate_files = tls::read_pair(r, CERTIFICATE_SETTINGS);
        let certificate = certificate_files.as_ref().ok()?.as_ref().map(|(chain, key)| {
            let [chain_setting, key_setting] = CERTIFICATE_SETTINGS;
            tls::read_keyed_certificate(r, [(chain_setting, chain), (key_setting, key)])
        });
        let usable = [
            ("store.ca_file", matches!(authorities, Some(Some(_)))),
            (CERTIFICATE_SETTINGS[0], matches!(certificate, Some(Some(_)))),
        ];
        for (setting, _) in usable.into_iter().filter(|(_, is_usable)| *is_usable && !is_over_tls) {
            r.add_problem(setting, "requires a `store.url` with rediss:// or rediss+cluster://");
        }
        if authorities.is_none() && certificate.is_none() {
            return None;
        }
        // `None` within `Some` is a file with a problem.
        let authorities = authorities.map_or(Some(None), |read| read.map(Some))?;
        let certificate = certificate.map_or(Some(None), |read| read.map(Some))?;
        let files = StoreTlsFiles { authorities: authorities_file, certificate: certificate_files.ok()? };
        Some(Self { files, credentials: ClientCredentials { authorities, certificate }, reload_interval })
    }
}

/// The engine and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `redis://` or `rediss://`, or a Redis Cluster: `redis+cluster://` or `rediss+cluster://`.
    Redis(SecretUrl),
    /// A file that only this process uses.
    Sqlite(PathBuf),
}

impl StoreConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Option<Self> {
        let url = store_url(r);
        // A URL that is a problem is reported as such.
        let is_over_tls = match &url {
            Some(StoreUrl::Redis(url)) => url.scheme().starts_with("rediss"),
            Some(StoreUrl::Sqlite(_)) => false,
            None => true,
        };
        let tls = StoreTlsConfig::read(r, is_over_tls);
        let allow_plaintext = r.get_bool("store.allow_plaintext");
        if let Some(StoreUrl::Redis(url)) = &url
            && plaintext::is_redis_plaintext_remote(url)
            && !allow_plaintext
        {
            r.add_problem(
                "store.url",
                "is not on loopback and TLS is not configured: use rediss:// or rediss+cluster://, or set \
                 `store.allow_plaintext = true` if the connection is encrypted by other means",
            );
        }
        let pool_size = r.get_in_range("store.pool_size", 1..=64);
        let connect_timeout = r.get_in_range("store.connect_timeout", millis(10)..=secs(60));
        let response_timeout = r.get_in_range("store.response_timeout", millis(10)..=secs(60));
        let adopt_empty = r.get_bool("store.adopt_empty");
        Some(Self { url: url?, tls, allow_plaintext, pool_size, connect_timeout, response_timeout, adopt_empty })
    }
}

fn store_url(r: &mut SettingsReader) -> Option<StoreUrl> {
    const KEY: &str = "store.url";
    let Some(text) = r.get_text(KEY) else {
        r.add_problem(KEY, "is required: redis://host:6379, redis+cluster://host:6379,host:6379 or sqlite://file");
        return None;
    };
    let read = match scheme(&text) {
        "redis" | "rediss" => redis_url(&text).map(StoreUrl::Redis),
        "sqlite" => sqlite_file(&text).map(StoreUrl::Sqlite),
        "redis+cluster" | "rediss+cluster" => cluster_url(&text).map(StoreUrl::Redis),
        "redis+sentinel" => Err("Redis Sentinel is not supported; use redis, redis+cluster or sqlite".to_owned()),
        "postgres" | "postgresql" => {
            Err("is a PostgreSQL URL, which is for `audit.url`; use redis, redis+cluster or sqlite".to_owned())
        }
        _ => Err("must begin with redis://, rediss://, redis+cluster://, rediss+cluster:// or sqlite://".to_owned()),
    };
    read.map_err(|reason| r.add_problem(KEY, reason)).ok()
}

fn redis_url(text: &str) -> Result<SecretUrl, String> {
    let url = server_url(text)?;
    let database = url.path().trim_start_matches('/');
    if !database.is_empty() && database.parse::<u32>().is_err() {
        return Err("has a path that is not a database number".to_owned());
    }
    if url.fragment().is_some() {
        return Err("has a fragment; the server's certificate is always verified, see `store.ca_file`".to_owned());
    }
    Ok(SecretUrl::new(url))
}
