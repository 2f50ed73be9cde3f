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
use crate::certificates::CertificateValidity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    pub url: StoreUrl,
    /// PEM of the authorities that verify a server with `rediss://` or `rediss+cluster://`; `None`: the public ones.
    pub ca: Option<String>,
    pub ca_file: Option<PathBuf>,
    /// The validity of each of these authorities.
    pub ca_validity: Vec<CertificateValidity>,
    /// Allows servers that are not on loopback without TLS.
    pub allow_plaintext: bool,
    pub pool_size: usize,
    pub connect_timeout: Duration,
    pub response_timeout: Duration,
    /// Treats an emptied store as a new one.
    pub adopt_empty: bool,
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
        let ca_file = r.get_path("store.ca_file");
        let ca = ca_file.as_ref().and_then(|file| tls::read_certificates(r, "store.ca_file", file));
        let over_tls = matches!(&url, Some(StoreUrl::Redis(url)) if url.scheme().starts_with("rediss"));
        if ca.is_some() && url.is_some() && !over_tls {
            r.add_problem("store.ca_file", "requires a `store.url` with rediss:// or rediss+cluster://");
        }
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
        let (ca, ca_validity) = ca.unzip();
        let ca_validity = ca_validity.unwrap_or_default();
        Some(Self {
            url: url?,
            ca,
            ca_file,
            ca_validity,
            allow_plaintext,
            pool_size,
            connect_timeout,
            response_timeout,
            adopt_empty,
        })
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
