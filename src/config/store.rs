//! Where live sessions are kept.

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
    /// PEM of the authorities that a server behind `rediss://` or `rediss+cluster://` is trusted by; `None`: the public ones.
    pub ca: Option<String>,
    pub ca_file: Option<PathBuf>,
    /// When each of these authorities is valid.
    pub ca_validity: Vec<CertificateValidity>,
    /// Whether servers beyond loopback may be used without TLS.
    pub allow_plaintext: bool,
    pub pool_size: usize,
    pub connect_timeout: Duration,
    pub response_timeout: Duration,
    /// Whether a store that is empty is taken for a new one although it was in use.
    pub adopt_empty: bool,
}

/// The engine and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `redis://` or `rediss://`, or a Cluster: `redis+cluster://` or `rediss+cluster://`.
    Redis(SecretUrl),
    /// A file that belongs to this process alone.
    Sqlite(PathBuf),
}

impl StoreConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Option<Self> {
        let url = store_url(r);
        let ca_file = r.get_path("store.ca_file");
        let ca = ca_file.as_ref().and_then(|file| tls::read_certificates(r, "store.ca_file", file));
        let over_tls = matches!(&url, Some(StoreUrl::Redis(url)) if url.scheme().starts_with("rediss"));
        if ca.is_some() && url.is_some() && !over_tls {
            r.add_problem(
                "store.ca_file",
                "is for a server behind rediss:// or rediss+cluster://, and `store.url` is none",
            );
        }
        let allow_plaintext = r.get_bool("store.allow_plaintext");
        if let Some(StoreUrl::Redis(url)) = &url
            && plaintext::is_redis_plaintext_remote(url)
            && !allow_plaintext
        {
            r.add_problem(
                "store.url",
                "is beyond loopback and without TLS: use rediss:// or rediss+cluster://, \
                 or `store.allow_plaintext = true` where something else encrypts",
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
        "redis+sentinel" => {
            Err("names a kind of Redis that is not served yet by this release; redis, redis+cluster and sqlite are"
                .to_owned())
        }
        "postgres" | "postgresql" => {
            Err("is a PostgreSQL URL; that is for `audit.url`, sessions are kept in redis, rediss or sqlite".to_owned())
        }
        _ => {
            Err("does not begin with redis://, rediss://, redis+cluster://, rediss+cluster:// or sqlite://".to_owned())
        }
    };
    read.map_err(|reason| r.add_problem(KEY, reason)).ok()
}

fn redis_url(text: &str) -> Result<SecretUrl, String> {
    let url = server_url(text)?;
    let database = url.path().trim_start_matches('/');
    if !database.is_empty() && database.parse::<u32>().is_err() {
        return Err("has a path that is not the number of a database".to_owned());
    }
    if url.fragment().is_some() {
        return Err("has a fragment; the server's certificate is always verified, see `store.ca_file`".to_owned());
    }
    Ok(SecretUrl::new(url))
}
