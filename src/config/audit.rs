//! Where what happened is kept.

use std::{path::PathBuf, time::Duration};

use super::{
    engine_url::{scheme, server_url, sqlite_file},
    plaintext,
    reader::Reader,
    secret_url::SecretUrl,
    span::secs,
    store::{Store, StoreUrl},
};

const DAY: u64 = 86_400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
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

impl Audit {
    pub(super) fn read(r: &mut Reader) -> Option<Self> {
        let url = audit_url(r);
        let allow_plaintext = r.flag("audit.allow_plaintext");
        if let Some(AuditUrl::Postgres(url)) = &url
            && plaintext::postgres_may_leave_this_machine(url)
            && !allow_plaintext
        {
            r.refuse(
                "audit.url",
                "is beyond loopback and does not demand TLS: end it with `?sslmode=verify-full` (or `verify-ca`, or \
                 `require`, which do not check the server's name, or nothing of it), or set \
                 `audit.allow_plaintext = true` where something else encrypts",
            );
        }
        let max_backlog = r.within("audit.max_backlog", 1_000..=1_000_000_000);
        let retention = r.within("audit.retention", secs(DAY)..=secs(3650 * DAY));
        Some(Self { url: url?, max_backlog, retention })
    }

    /// The SQLite engine of sessions has its file to itself.
    pub(super) fn refuse_the_file_of(&self, store: &Store, r: &mut Reader) {
        if let (AuditUrl::Sqlite(audit), StoreUrl::Sqlite(store)) = (&self.url, &store.url)
            && audit == store
        {
            r.refuse("audit.url", "is the file of `store.url`, which the store has to itself; name another");
        }
    }
}

fn audit_url(r: &mut Reader) -> Option<AuditUrl> {
    const KEY: &str = "audit.url";
    let Some(text) = r.text(KEY) else {
        r.refuse(KEY, "is required: postgres://user:password@host/database, sqlite://file or none");
        return None;
    };
    let read = match scheme(&text) {
        "postgres" | "postgresql" => server_url(&text).map(|url| AuditUrl::Postgres(SecretUrl::new(url))),
        "sqlite" => sqlite_file(&text).map(AuditUrl::Sqlite),
        "" if text == "none" => Ok(AuditUrl::None),
        "redis" | "rediss" => Err("is a Redis URL; that is for `store.url`".to_owned()),
        _ => Err("does not begin with postgres:// or sqlite://, and is not none".to_owned()),
    };
    read.map_err(|reason| r.refuse(KEY, reason)).ok()
}
