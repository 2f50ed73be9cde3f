//! What happened, kept for those who have to account for it.
//!
//! A store records every change in its outbox; the [`Relay`] moves it from there into an [`EventLog`]:
//! PostgreSQL, SQLite, or none. The session store never waits for the audit database, and what waits for
//! it is never dropped.

mod alert_row;
mod archive;
mod backlog_counter;
mod binding;
mod bisection;
mod completeness;
mod dead_letter;
mod erasure;
mod error;
mod history;
mod maintenance;
mod maintenance_run;
mod mass_endings;
mod none;
mod page_builder;
mod postgres;
mod projected_row;
mod recording_order;
mod relay;
mod rows;
#[cfg(test)]
mod samples;
mod schema;
mod sqlite;
mod status;
mod sweep_progress;
mod tenant_view;
mod unreadable_rows;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    domain::{Event, Owner, UnixMillis},
    store::Touch,
};

pub use archive::AlertArchive;
pub use binding::{AuditBinding, BoundAudit};
pub(crate) use bisection::BatchBisection;
pub use dead_letter::DeadLetter;
pub use error::{AuditError, RelayError};
pub use history::AuditHistory;
pub use maintenance::{Maintenance, MaintenanceStatus};
pub use maintenance_run::{ClockReference, MaintenanceRun};
pub use mass_endings::MassEndings;
pub use none::NoEventLog;
pub use postgres::PostgresEventLog;
pub use relay::{DrainReport, Relay};
pub use sqlite::SqliteEventLog;
pub use status::{OngoingFailure, RelayStatus};
pub use sweep_progress::SweepProgress;

/// Writing to the audit database.
///
/// What holds for every verb:
///
/// - **All or nothing.** A verb is one transaction, but for `forget` and `keep_house`, which may go step by step. What
///   it answered `Ok` to is on disk.
/// - **Twice is once.** What is recorded already is passed over, so that any verb can be repeated after
///   an error, or by several nodes at a time.
/// - **An end.** A verb answers within seconds, with [`AuditError::Unavailable`] if need be.
/// - **Cancellation.** A verb that is dropped has happened as a whole or not at all, a step of those likewise.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The name of the engine, for logs and metrics.
    fn engine(&self) -> &'static str;

    /// Adds events, in the order given; events of one user must be given in the order in which they
    /// happened. [`AuditError::Refused`] means that at least one of them will never be taken, and says
    /// so for the batch as a whole: its other events can be taken without that one.
    async fn append(&self, events: &[Event]) -> Result<AppendReport, AuditError>;

    /// Ends sessions of mass revocations, at most `limit` of one of them, where everything that took effect before `until`
    /// is in the log: those of the tenant or of everyone that were stored before the revocation and have not ended. Each
    /// gets the event that the session store would append for it. A mass revocation counts once it is five seconds older
    /// than `until`; the earliest comes first. A log that keeps nothing has nothing to end.
    async fn end_revoked(&self, _until: UnixMillis, _limit: u32) -> Result<MassEndings, AuditError> {
        Ok(MassEndings::default())
    }

    /// Keeps an entry that cannot be appended, as it is. Never [`AuditError::Refused`].
    async fn dead_letter(&self, refused: &DeadLetter) -> Result<(), AuditError>;

    /// Brings the last activity of live sessions forward, never back. What is not known is passed over.
    async fn refresh(&self, activity: &[Touch]) -> Result<(), AuditError>;

    /// Erases what tells who the events, sessions and alerts up to `at` were about, where they were about `owner`, and
    /// sees to it that what arrives later from before `at` is kept without the person as well. What a row tells besides
    /// stays. A repeat finds nothing more.
    async fn erase_user(&self, owner: &Owner, at: UnixMillis) -> Result<ErasureReport, AuditError>;

    /// Makes room for what is to come, ends the sessions that were over a day before `turn.now` by their absolute
    /// deadline and were not told to be, and removes what happened before `turn.keep_from`; a part of it if it is much.
    /// To be repeated now and then; several nodes may do it at a time. May take minutes where it was left undone for long.
    ///
    /// Nothing is deleted on the word of one clock. Where something is due and `turn.now` is further ahead of the times
    /// stored in the database than is plausible, the answer is [`AuditError::ClockAhead`] and nothing changes, unless
    /// `turn.accept_clock`. Plausible is a clock that gets to its time from that of the last turn by steps of at most an
    /// eighth of the retention (1 to 7 days), from one stored event to the next, plus the time that the process has run.
    async fn run_maintenance(&self, run: MaintenanceRun) -> Result<MaintenanceReport, AuditError>;

    /// Whether events would be taken now: the database answers, can be written to and has the schema
    /// that this release needs.
    async fn ready(&self) -> Result<(), AuditError>;

    /// Lets go of the database. What is asked for afterwards is answered
    /// [`AuditError::Unavailable`].
    async fn close(&self);
}

/// What became of events that were appended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppendReport {
    /// Events that the log did not have.
    pub added: u64,
    /// Events that it had, and that were passed over.
    pub duplicates: u64,
}

/// What was found of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasureReport {
    /// Rows that were removed, or lost what tells of the person.
    pub erased: u64,
    /// Rows that stay without the person, by table.
    pub retained: Vec<(&'static str, u64)>,
}

/// What was done by way of housekeeping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaintenanceReport {
    /// Partitions that were made.
    pub partitions_created: u64,
    /// Rows, or partitions of them, that were removed.
    pub removed: u64,
    /// There is more to remove.
    pub has_more: bool,
}

/// One audit database by what it is used for.
#[derive(Clone)]
pub struct AuditDatabase {
    pub log: Arc<dyn EventLog>,
    pub history: Arc<dyn AuditHistory>,
    pub alerts: Arc<dyn AlertArchive>,
    pub binding: Arc<dyn BoundAudit>,
}

impl AuditDatabase {
    /// None: events are dropped, and questions are [`AuditError::Disabled`].
    #[must_use]
    pub fn none() -> Self {
        Self::from_engine(NoEventLog)
    }

    fn from_engine<E: EventLog + AuditHistory + AlertArchive + BoundAudit + 'static>(engine: E) -> Self {
        let engine = Arc::new(engine);
        Self {
            log: Arc::clone(&engine) as _,
            history: Arc::clone(&engine) as _,
            alerts: Arc::clone(&engine) as _,
            binding: engine,
        }
    }
}

/// The database at `url`: `postgres://…`, `sqlite://…`, or `none`, which keeps nothing.
///
/// With `migrate`, the schema is brought up to date; without, one that is behind is
/// [`AuditError::SchemaBehind`]. A PostgreSQL that does not answer is no error here, since sessions do
/// not need it: it is migrated or examined when it first answers.
pub async fn open(url: &str, migrate: bool) -> Result<AuditDatabase, AuditError> {
    Ok(match AuditEngine::from_url(url)? {
        AuditEngine::Postgres => AuditDatabase::from_engine(PostgresEventLog::open(url, migrate).await?),
        AuditEngine::Sqlite => AuditDatabase::from_engine(SqliteEventLog::open(url, migrate).await?),
        AuditEngine::None => AuditDatabase::none(),
    })
}

/// Brings the schema of the database at `url` up to date. Answers the migrations that it had not had,
/// oldest first; several nodes may do it at a time.
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
            // The rest of the URL may hold a password.
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
