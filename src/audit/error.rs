//! What can go wrong between the outbox and the audit database.

use std::time::Duration;

use sqlx::postgres::PgDatabaseError;

use super::maintenance_run::{ClockAhead, ClockReference, format_duration, remedy};
use crate::{domain::UnixMillis, store::StoreError};

/// The cause underneath, for the log.
pub type AuditErrorSource = Box<dyn std::error::Error + Send + Sync>;

/// Why the audit database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It is away, slow, full or read-only. The step may have been carried out all the same; the same
    /// step can be repeated later.
    #[error("the audit database is not available ({during}): {}", format_source(source))]
    Unavailable { during: &'static str, source: AuditErrorSource },
    /// It is there and will never take one of these events. Nothing of the batch was kept.
    #[error("the audit database refuses an event: {}", format_source(source))]
    Refused { source: AuditErrorSource },
    /// It is there but not as this release needs it. Nothing was changed.
    #[error("the audit database lacks {}; run `session-authority migrate`", missing.join(", "))]
    SchemaBehind { missing: Vec<String> },
    /// A migration failed, or one that was applied long ago is not the one that this release knows.
    #[error("the audit database could not be migrated: {}", format_source(source))]
    Migration { source: AuditErrorSource },
    /// A migration is recorded as failed. What it did is not known.
    #[error(
        "the audit database records that its migration {version} failed (`success` is false in `audit_migrations`): \
         compare the tables with what that migration makes, finish or undo it, then set `success` to true or delete the \
         row, and run `session-authority migrate`"
    )]
    MigrationFailed { version: i64 },
    /// The role that it is used as may not do this. Nothing was changed.
    #[error(
        "the audit database forbids {what} ({}); grant the role of `audit.url` what docs/operating.md lists, or \
         have the owner of the tables run `session-authority migrate`",
        format_source(source)
    )]
    Forbidden { what: &'static str, source: AuditErrorSource },
    /// The clock is ahead of what the database knows by more than is plausible. Nothing was deleted.
    #[error(
        "maintenance stopped: the clock is {} ahead of {reference} ({at}); {}", format_duration(*ahead), remedy(*reference)
    )]
    ClockAhead { ahead: Duration, reference: ClockReference, at: UnixMillis },
    /// There is none: `audit.url` is `none`.
    #[error("there is no audit database (`audit.url` is none)")]
    Disabled,
    /// The setting does not name a database.
    #[error("audit.url {0}")]
    Setting(String),
}

/// The text of an engine's error. PostgreSQL's names the line of its own source that it comes from, which looks like a
/// line of something that an operator could open.
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

    /// What an engine's error means: one whose code is a refusal, or an event that cannot be encoded, comes
    /// again however often it is tried; everything else passes.
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
    fn from(ClockAhead { now, reference: witness, at }: ClockAhead) -> Self {
        Self::ClockAhead { ahead: now.since(at), reference: witness, at }
    }
}

/// Why the outbox was not drained. What was not drained is still there.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The outbox could not be read, or what the audit has could not be removed from it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit did not take the events.
    #[error(transparent)]
    Audit(#[from] AuditError),
}
