//! Errors between the outbox and the audit database.

use std::time::Duration;

use sqlx::postgres::PgDatabaseError;

use super::maintenance_run::{ClockAhead, ClockReference, format_duration, remedy};
use crate::{domain::UnixMillis, store::StoreError};

/// The underlying cause, for the log.
pub type AuditErrorSource = Box<dyn std::error::Error + Send + Sync>;

/// The error of an operation on the audit database.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database is unreachable, slow, full or read-only. The operation may have been carried out; it can be
    /// repeated later.
    #[error("the audit database is unavailable while {during}: {}", format_source(source))]
    Unavailable { during: &'static str, source: AuditErrorSource },
    /// The database responds but will never accept one of these events. Nothing of the batch was stored.
    #[error("the audit database rejected an event: {}", format_source(source))]
    Refused { source: AuditErrorSource },
    /// The database responds but its schema is not the one that this release needs. Nothing was changed.
    #[error("the audit database schema is missing migrations {}; run `session-authority migrate`", missing.join(", "))]
    SchemaBehind { missing: Vec<String> },
    /// A migration failed, or one that was applied earlier differs from the one in this release.
    #[error("the audit database could not be migrated: {}", format_source(source))]
    Migration { source: AuditErrorSource },
    /// A migration is recorded as failed. Its effects are unknown.
    #[error(
        "the audit database records that its migration {version} failed (`success` is false in `audit_migrations`): \
         compare the tables with that migration, finish or undo it, then set `success` to true or delete the row, \
         and run `session-authority migrate`"
    )]
    MigrationFailed { version: i64 },
    /// The database role lacks the permission. Nothing was changed.
    #[error(
        "the audit database role lacks permission for {what} ({}); grant the role of `audit.url` the privileges in \
         docs/operating.md, or have the owner of the tables run `session-authority migrate`",
        format_source(source)
    )]
    Forbidden { what: &'static str, source: AuditErrorSource },
    /// The clock is implausibly far ahead of the database. Nothing was deleted.
    #[error(
        "maintenance stopped: the clock is {} ahead of {reference} ({at}); {}",
        format_duration(*ahead),
        remedy(*reference)
    )]
    ClockAhead { ahead: Duration, reference: ClockReference, at: UnixMillis },
    /// No audit database is configured: `audit.url` is `none`.
    #[error("no audit database is configured (`audit.url = \"none\"`)")]
    Disabled,
    /// The setting does not name a database.
    #[error("audit.url {0}")]
    Setting(String),
}

/// Formats an engine's error. For PostgreSQL, removes the line number of its source code, which an operator could
/// mistake for a line in their own files.
fn format_source(source: &AuditErrorSource) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(source.as_ref());
    let mut text = source.to_string();
    while let Some(error) = cause {
        if let Some(sqlx::Error::Database(error)) = error.downcast_ref()
            && let Some(line) = error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::line)
        {
            text = text.replace(&format!(" at line {line}"), "");
        }
        cause = error.source();
    }
    text
}

impl AuditError {
    pub(super) fn unavailable(during: &'static str, source: impl Into<AuditErrorSource>) -> Self {
        Self::Unavailable { during, source: source.into() }
    }

    /// Classifies an engine's error. An error whose code is a rejection, and an event that cannot be encoded, fail
    /// again however often they are retried. Every other error is temporary.
    pub(super) fn from_database(during: &'static str, error: sqlx::Error, is_refusal: fn(&str) -> bool) -> Self {
        let refused = match &error {
            sqlx::Error::Database(error) => error.code().is_some_and(|code| is_refusal(&code)),
            sqlx::Error::Encode(_) => true,
            _ => false,
        };
        if refused { Self::Refused { source: error.into() } } else { Self::unavailable(during, error) }
    }

    pub(super) fn migration(source: impl Into<AuditErrorSource>) -> Self {
        Self::Migration { source: source.into() }
    }
}

impl From<ClockAhead> for AuditError {
    fn from(ClockAhead { now, reference, at }: ClockAhead) -> Self {
        Self::ClockAhead { ahead: now.since(at), reference, at }
    }
}

/// The error of draining the outbox. The entries that were not drained are still there.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The outbox could not be read, or recorded events could not be removed from it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit did not accept the events.
    #[error(transparent)]
    Audit(#[from] AuditError),
}
