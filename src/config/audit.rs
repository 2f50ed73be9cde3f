//! Where what happened is kept.

use std::{path::PathBuf, time::Duration};

use super::{
    durations::secs,
    engine_url::{scheme, server_url, sqlite_file},
    plaintext,
    reader::SettingsReader,
    secret_url::SecretUrl,
    store::{StoreConfig, StoreUrl},
};

const DAY: u64 = 86_400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    pub url: AuditUrl,
    /// Events that may wait before Create is refused.
    pub max_backlog: u64,
    /// For how long what happened is kept.
    pub retention: Duration,
}

/// The engine and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditUrl {
    Postgres(SecretUrl),
    /// A file of one node's.
    Sqlite(PathBuf),
    /// Events are dropped, knowingly.
    None,
}

impl AuditConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Option<Self> {
        let url = audit_url(r);
        let allow_plaintext = r.get_bool("audit.allow_plaintext");
        if let Some(AuditUrl::Postgres(url)) = &url
            && plaintext::is_postgres_plaintext_remote(url)
            && !allow_plaintext
        {
            r.add_problem(
                "audit.url",
                "is beyond loopback and does not demand TLS: end it with `?sslmode=verify-full` (or `verify-ca`, or \
                 `require`, which do not check the server's name, or nothing of it), or set \
                 `audit.allow_plaintext = true` where something else encrypts",
            );
        }
        let max_backlog = r.get_in_range("audit.max_backlog", 1_000..=1_000_000_000);
        let retention = r.get_in_range("audit.retention", secs(DAY)..=secs(3650 * DAY));
        Some(Self { url: url?, max_backlog, retention })
    }

    /// The SQLite engine of sessions has its file to itself.
    pub(super) fn reject_store_file(&self, store: &StoreConfig, r: &mut SettingsReader) {
        if let (AuditUrl::Sqlite(audit), StoreUrl::Sqlite(store)) = (&self.url, &store.url)
            && audit == store
        {
            r.add_problem("audit.url", "is the file of `store.url`, which the store has to itself; name another");
        }
    }
}

fn audit_url(r: &mut SettingsReader) -> Option<AuditUrl> {
    const KEY: &str = "audit.url";
    let Some(text) = r.get_text(KEY) else {
        r.add_problem(KEY, "is required: postgres://user:password@host/database, sqlite://file or none");
        return None;
    };
    let read = match scheme(&text) {
        "postgres" | "postgresql" => server_url(&text).map(|url| AuditUrl::Postgres(SecretUrl::new(url))),
        "sqlite" => sqlite_file(&text).map(AuditUrl::Sqlite),
        "" if text == "none" => Ok(AuditUrl::None),
        "redis" | "rediss" => Err("is a Redis URL; that is for `store.url`".to_owned()),
        _ => Err("does not begin with postgres:// or sqlite://, and is not none".to_owned()),
    };
    read.map_err(|reason| r.add_problem(KEY, reason)).ok()
}
