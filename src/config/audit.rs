//! Settings of the audit database.

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
    /// Maximum number of pending events; beyond it Create is rejected.
    pub max_backlog: u64,
    /// Retention of events, ended sessions and alerts.
    pub retention: Duration,
}

/// The engine and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditUrl {
    Postgres(SecretUrl),
    /// A file that one node uses.
    Sqlite(PathBuf),
    /// No audit database: events are discarded.
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
                "is not on loopback and does not require TLS: add `?sslmode=verify-full` (or `verify-ca`, `require`, \
                 which verify less), or set `audit.allow_plaintext = true` if the connection is encrypted by other \
                 means",
            );
        }
        let max_backlog = r.get_in_range("audit.max_backlog", 1_000..=1_000_000_000);
        let retention = r.get_in_range("audit.retention", secs(DAY)..=secs(3650 * DAY));
        Some(Self { url: url?, max_backlog, retention })
    }

    /// Rejects an audit file that is also the file of the session store, which needs exclusive access.
    pub(super) fn reject_store_file(&self, store: &StoreConfig, r: &mut SettingsReader) {
        if let (AuditUrl::Sqlite(audit), StoreUrl::Sqlite(store)) = (&self.url, &store.url)
            && audit == store
        {
            r.add_problem("audit.url", "is the same file as `store.url`; use a different file");
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
        "redis" | "rediss" => Err("is a Redis URL, which is for `store.url`".to_owned()),
        _ => Err("must begin with postgres:// or sqlite://, or be `none`".to_owned()),
    };
    read.map_err(|reason| r.add_problem(KEY, reason)).ok()
}
