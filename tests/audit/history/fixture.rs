//! An audit database that belongs to one case.

use std::{num::NonZeroU32, sync::Arc};

use session_authority::{
    audit::{self, AuditDatabase, AuditHistory, EventLog},
    domain::{
        Event, UnixMillis,
        search::{AuditEvent, AuditedSession, EventPosition, EventSearch, PageRequest, SessionPosition, SessionSearch},
    },
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

use super::model::{HistoryModel, SampleAlert, SampleFailedLogin};
use crate::support::postgres::PostgresServer;

/// A page size that everything fits in.
const ALL: u32 = 10_000;

pub struct HistoryFixture {
    pub log: Arc<dyn EventLog>,
    pub history: Arc<dyn AuditHistory>,
    pub url: String,
    /// The directory of the file, if the database is one.
    _directory: Option<TempDir>,
}

impl HistoryFixture {
    pub async fn postgres(model: &HistoryModel) -> Self {
        let url = PostgresServer::shared().await.database().await;
        Self::open(url, None, model).await
    }

    pub async fn sqlite(model: &HistoryModel) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("audit.db").display());
        Self::open(url, Some(directory), model).await
    }

    async fn open(url: String, directory: Option<TempDir>, model: &HistoryModel) -> Self {
        audit::migrate(&url).await.expect("a schema");
        add_rows(&url, model).await;
        let AuditDatabase { log, history, .. } = audit::open(&url, false).await.expect("an audit database");
        let fixture = Self { log, history, url, _directory: directory };
        fixture.append(model.all_events()).await;
        fixture
    }

    pub async fn append<'a>(&self, events: impl IntoIterator<Item = &'a Event>) {
        let events: Vec<_> = events.into_iter().cloned().collect();
        let appended = self.log.append(&events).await.expect("appended");
        assert_eq!(appended.added, events.len() as u64);
    }

    pub async fn sessions(&self, search: &SessionSearch) -> Vec<AuditedSession> {
        self.session_page(search, ALL, None).await
    }

    pub async fn session_page(
        &self,
        search: &SessionSearch,
        size: u32,
        after: Option<SessionPosition>,
    ) -> Vec<AuditedSession> {
        self.history.search_sessions(search, PageRequest { size, after }).await.expect("sessions")
    }

    pub async fn events(&self, search: &EventSearch) -> Vec<AuditEvent> {
        self.event_page(search, ALL, None).await
    }

    /// Returns a page of events. Checks the time of arrival and removes it.
    pub async fn event_page(&self, search: &EventSearch, size: u32, after: Option<EventPosition>) -> Vec<AuditEvent> {
        let mut events = self.history.list_events(search, PageRequest { size, after }).await.expect("events");
        for event in &mut events {
            let arrived = std::mem::take(&mut event.recorded_at);
            assert!(arrived > event.at, "{event:?} arrived at {arrived}");
        }
        events
    }

    /// Returns all pages of `size`, concatenated.
    pub async fn all_session_pages(&self, search: &SessionSearch, size: NonZeroU32) -> Vec<AuditedSession> {
        let mut found: Vec<AuditedSession> = Vec::new();
        loop {
            let after = found.last().map(AuditedSession::position);
            let page = self.session_page(search, size.get(), after).await;
            let is_last = page.len() < size.get() as usize;
            found.extend(page);
            if is_last {
                return found;
            }
        }
    }

    pub async fn all_event_pages(&self, search: &EventSearch, size: NonZeroU32) -> Vec<AuditEvent> {
        let mut found: Vec<AuditEvent> = Vec::new();
        loop {
            let after = found.last().map(AuditEvent::position);
            let page = self.event_page(search, size.get(), after).await;
            let is_last = page.len() < size.get() as usize;
            found.extend(page);
            if is_last {
                return found;
            }
        }
    }
}

/// Inserts failed logins and alerts directly, before the log has its database to itself: they are not events of sessions.
async fn add_rows(url: &str, model: &HistoryModel) {
    let is_sqlite = url.starts_with("sqlite:");
    let time = |at: UnixMillis| if is_sqlite { at.get().to_string() } else { format!("'{at}'") };
    let insert = |(number, one): (usize, &SampleFailedLogin)| {
        format!(
            "INSERT INTO session_events (event_id, at, kind, auth_event_kind, tenant, user_id)
             VALUES ('00000000-0000-8000-8000-{number:012x}', {}, 'auth_failed', '{}', '{}', '{}');",
            time(one.at),
            one.kind.name(),
            one.owner.tenant.as_str(),
            one.owner.user.as_str(),
        )
    };
    let insert_alert = |(number, alert): (usize, &SampleAlert)| {
        let id = |kind: u8| format!("'00000000-0000-8000-800{kind}-{number:012x}'");
        format!(
            "INSERT INTO alerts (
                major, minor, previous_major, previous_minor, alert_id, tenant, user_id, rule, rule_version, severity,
                event_time, detected_time, reason, record, answered_alert_id
             ) VALUES (1, {number}, 0, 0, {}, '{}', {}, '{}', 1, {}, {time}, {time}, '', {}, {});",
            id(1),
            alert.tenant.as_str(),
            alert.user.as_ref().map_or("NULL".to_owned(), |user| format!("'{}'", user.as_str())),
            alert.rule,
            alert.severity as u32,
            if is_sqlite { "x''" } else { "''" },
            if alert.is_answer { id(2) } else { "NULL".to_owned() },
            time = time(alert.at),
        )
    };
    let failed_logins = model.failed_logins.iter().enumerate().map(insert);
    let inserts: String = failed_logins.chain(model.alerts.iter().enumerate().map(insert_alert)).collect();
    if is_sqlite {
        let mut connection = SqliteConnection::connect(url).await.expect("the file");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(inserts))).await.expect("inserted");
        connection.close().await.expect("closed");
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the database");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(inserts))).await.expect("inserted");
    }
}
