//! Audit: the record of every change, for those who must account for it.
//!
//! A store records every change in its outbox. The [`Relay`] moves it from there into an [`EventLog`]: PostgreSQL,
//! SQLite, or none. The session store never waits for the audit database, and queued events are never dropped.

mod archive;
mod backlog_counter;
mod binding;
mod bisection;
mod caller_log;
mod completeness;
mod dead_letter;
mod erasure;
mod error;
mod history;
mod maintenance;
mod maintenance_run;
mod mass_endings;
mod none;
mod notification_queue;
mod page_builder;
mod postgres;
mod recording_order;
mod relay;
#[cfg(test)]
mod samples;
mod schema;
mod sqlite;
mod status;
mod sweep_progress;
mod tables;
mod tenant_view;
mod unreadable_rows;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    domain::{Event, Owner, UnixMillis},
    store::{SeenClient, Touch},
};

pub use archive::AlertArchive;
pub use binding::{AuditBinding, BoundAudit};
pub(crate) use bisection::BatchBisection;
pub use caller_log::CallerLog;
pub use dead_letter::DeadLetter;
pub use error::{AuditError, RelayError};
pub use history::AuditHistory;
pub use maintenance::{Maintenance, MaintenanceStatus};
pub use maintenance_run::{ClockReference, MaintenanceRun};
pub use mass_endings::MassEndings;
pub use none::NoEventLog;
pub use notification_queue::{
    EnqueueReport, EnqueueRun, HeldNotifications, LeaseRequest, NotificationQueue, QueueScope,
};
pub use postgres::PostgresEventLog;
pub use relay::{DrainReport, Relay};
pub use sqlite::SqliteEventLog;
pub use status::{OngoingFailure, RelayStatus};
pub use sweep_progress::SweepProgress;
pub use webhooks::{
    DeadLetterPosition, DeliveryRecord, ReplaySelection, ReplayStep, StoredEndpoint, WebhookEdit, WebhookLease,
    WebhookLog, WebhookPosition, WebhookProgress, WebhookReplay,
};

/// Writes to the audit database.
///
/// Guarantees of every method:
///
/// - **Atomicity.** A method is one transaction, except `erase_user` and `run_maintenance`, which may take several
///   steps. A change is on disk when the method returns `Ok`.
/// - **Idempotence.** Data that is already recorded is skipped, so any method can be repeated after an error, or by
///   several nodes at a time.
/// - **Time limit.** A method returns within seconds, if need be with [`AuditError::Unavailable`].
/// - **Cancellation.** A cancelled method has happened as a whole or not at all; the same holds for each step of those
///   two.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Returns the name of the engine, for logs and metrics.
    fn engine(&self) -> &'static str;

    /// Appends events in the given order; events of one user must be given in the order in which they happened.
    ///
    /// [`AuditError::Refused`] means that the log will never accept at least one of them. It applies to the batch as a
    /// whole: the other events can be appended without that one.
    async fn append(&self, events: &[Event]) -> Result<AppendReport, AuditError>;

    /// Ends at most `limit` sessions of one mass revocation, provided that everything that took effect before `until`
    /// is in the log. These are the sessions of the tenant, or of everyone, that were stored before the revocation and
    /// have not ended. Each gets the event that the session store would append for it.
    ///
    /// A mass revocation counts once it is five seconds older than `until`; the earliest comes first. A log that stores
    /// nothing has nothing to end.
    async fn end_revoked(&self, _until: UnixMillis, _limit: u32) -> Result<MassEndings, AuditError> {
        Ok(MassEndings::default())
    }

    /// Stores an entry that cannot be appended, unchanged. Never returns [`AuditError::Refused`].
    async fn dead_letter(&self, refused: &DeadLetter) -> Result<(), AuditError>;

    /// Moves the last activity of live sessions forward, never back. Unknown sessions are skipped.
    async fn refresh(&self, activity: &[Touch]) -> Result<(), AuditError>;

    /// Records the clients that were seen last with sessions. An earlier one never replaces a later one, and unknown
    /// sessions are skipped.
    async fn refresh_clients(&self, clients: &[SeenClient]) -> Result<(), AuditError>;

    /// Erases everything that identifies `owner` in the events, sessions and alerts up to `at`. Data from before `at`
    /// that arrives later is also stored without the user. The rest of each row stays. A repeat finds nothing more.
    async fn erase_user(&self, owner: &Owner, at: UnixMillis) -> Result<ErasureReport, AuditError>;

    /// Prepares storage for new events, ends lost sessions, and removes data from before `run.keep_from`, in parts if
    /// there is much. Lost sessions have no recorded end, and their absolute deadline was more than a day before
    /// `run.now`. Must be repeated regularly; several nodes may run it at a time. May take minutes if it has not run
    /// for long.
    ///
    /// No deletion depends on one clock alone. If data is due and `run.now` is implausibly far ahead of the stored
    /// times, returns [`AuditError::ClockAhead`] and changes nothing, unless `run.accept_clock` is set. The clock is
    /// plausible if it can be reached from the time of the last run in steps of at most an eighth of the retention (1
    /// to 7 days), from one stored event to the next, plus the time that the process has run.
    async fn run_maintenance(&self, run: MaintenanceRun) -> Result<MaintenanceReport, AuditError>;

    /// Checks that events can be recorded now: the database responds, is writable, and has the schema that this release
    /// needs.
    async fn ready(&self) -> Result<(), AuditError>;

    /// Closes the connections. Later calls return [`AuditError::Unavailable`].
    async fn close(&self);
}

/// The result of appending events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppendReport {
    /// The number of events that were new.
    pub added: u64,
    /// The number of events that were already recorded, and were skipped.
    pub duplicates: u64,
}

/// The result of an erasure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasureReport {
    /// The number of rows that were removed, or lost the data that identifies the user.
    pub erased: u64,
    /// The number of rows that stay without the user, by table.
    pub retained: Vec<(&'static str, u64)>,
}

/// The result of maintenance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaintenanceReport {
    /// The number of partitions that were created.
    pub partitions_created: u64,
    /// The number of rows, or of partitions, that were removed.
    pub removed: u64,
    /// Set if there is more to remove.
    pub has_more: bool,
}

/// An audit database, by its uses.
#[derive(Clone)]
pub struct AuditDatabase {
    pub log: Arc<dyn EventLog>,
    pub history: Arc<dyn AuditHistory>,
    pub alerts: Arc<dyn AlertArchive>,
    pub binding: Arc<dyn BoundAudit>,
    pub callers: Arc<dyn CallerLog>,
    pub notifications: Arc<dyn NotificationQueue>,
    pub webhooks: Arc<dyn WebhookLog>,
}

impl AuditDatabase {
    /// Returns no audit database: events are dropped, and queries return [`AuditError::Disabled`].
    #[must_use]
    pub fn none() -> Self {
        Self::from_engine(NoEventLog)
    }

    fn from_engine<E>(engine: E) -> Self
    where
        E: EventLog + AuditHistory + AlertArchive + BoundAudit + CallerLog + NotificationQueue + WebhookLog + 'static,
    {
        let engine = Arc::new(engine);
        Self {
            log: Arc::clone(&engine) as _,
            history: Arc::clone(&engine) as _,
            alerts: Arc::clone(&engine) as _,
            binding: Arc::clone(&engine) as _,
            callers: Arc::clone(&engine) as _,
            notifications: Arc::clone(&engine) as _,
            webhooks: engine,
        }
    }
}

/// Opens the database at `url`: `postgres://…`, `sqlite://…`, or `none`, which stores nothing.
///
/// With `migrate`, pending migrations are applied. Without it, a schema that lacks some returns
/// [`AuditError::SchemaBehind`]. An unreachable PostgreSQL is no error here, since sessions do not need it: it is
/// migrated or checked on its first response.
pub async fn open(url: &str, migrate: bool) -> Result<AuditDatabase, AuditError> {
    Ok(match AuditEngine::from_url(url)? {
        AuditEngine::Postgres => AuditDatabase::from_engine(PostgresEventLog::open(url, migrate).await?),
        AuditEngine::Sqlite => AuditDatabase::from_engine(SqliteEventLog::open(url, migrate).await?),
        AuditEngine::None => AuditDatabase::none(),
    })
}

/// Migrates the database at `url`. Returns the migrations that it lacked, oldest first. Several nodes may do so at a
/// time.
pub async fn migrate(url: &str) -> Result<Vec<String>, AuditError> {
    match AuditEngine::from_url(url)? {
        AuditEngine::Postgres => postgres::migrate(url).await,
        AuditEngine::Sqlite => sqlite::migrate(url).await,
        AuditEngine::None => Ok(Vec::new()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum AuditEngine {
    Postgres,
    Sqlite,
    None,
}

impl AuditEngine {
    fn from_url(url: &str) -> Result<Self, AuditError> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        match scheme {
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            Some("sqlite") => Ok(Self::Sqlite),
            None if url == "none" => Ok(Self::None),
            // The rest of the URL may contain a password.
            _ => Err(AuditError::Setting("must begin with postgres:// or sqlite://, or be none".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_chosen_by_scheme() {
        assert_eq!(AuditEngine::from_url("postgres://db/audit").expect("an engine"), AuditEngine::Postgres);
        assert_eq!(AuditEngine::from_url("postgresql://db/audit").expect("an engine"), AuditEngine::Postgres);
        assert_eq!(AuditEngine::from_url("sqlite:///var/lib/audit.db").expect("an engine"), AuditEngine::Sqlite);
        assert_eq!(AuditEngine::from_url("none").expect("an engine"), AuditEngine::None);
    }

    #[test]
    fn another_scheme_is_refused_by_the_name_of_the_setting_without_the_url() {
        for url in ["", "mysql://ann:secret@db/audit", "none://", "audit.db"] {
            let error = AuditEngine::from_url(url).expect_err("no engine").to_string();
            assert!(error.starts_with("audit.url ") && !error.contains("secret"), "{error}");
        }
    }
}
