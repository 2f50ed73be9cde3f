//! The content of an audit database.

use std::{collections::BTreeMap, path::Path};

use sqlx::{Connection, SqliteConnection};

use super::SessionAct;
use crate::audit::fixture::connect_audit;

/// Events of sessions in the order of arrival. Users with the prefix `-` belong to no ledger.
const EVENTS: &str = "SELECT user_id, kind, coalesce(session_id, user_id) FROM session_events
    WHERE kind IN ('created', 'ended', 'revoked_all') AND user_id NOT LIKE '-%' ORDER BY seq";
const LOGINS: &str = "SELECT session_id, count(*) FROM login_events GROUP BY session_id";
const SESSIONS: &str = "SELECT session_id, ended_at IS NULL FROM sessions";

/// The part of the audit that can be compared with a ledger.
#[derive(Default)]
pub struct AuditContents {
    /// Events by user.
    pub events: BTreeMap<String, Vec<SessionAct>>,
    /// Rows in the table of logins, by session.
    pub logins: BTreeMap<String, i64>,
    /// Projected sessions, with a flag for those that are active.
    pub sessions: BTreeMap<String, bool>,
}

/// Sends the same queries to either engine.
macro_rules! ask {
    ($connection:expr) => {{
        let connection = $connection;
        let events: Vec<_> = sqlx::query_as(EVENTS).fetch_all(&mut *connection).await.expect("events");
        let logins: Vec<_> = sqlx::query_as(LOGINS).fetch_all(&mut *connection).await.expect("logins");
        let sessions: Vec<_> = sqlx::query_as(SESSIONS).fetch_all(&mut *connection).await.expect("sessions");
        AuditContents::from_rows(events, logins, sessions)
    }};
}

impl AuditContents {
    pub async fn read_postgres(url: &str) -> Self {
        ask!(&mut connect_audit(url).await)
    }

    /// Reads a file that no process has open.
    pub async fn read_sqlite(file: &Path) -> Self {
        let url = format!("sqlite://{}", file.display());
        ask!(&mut SqliteConnection::connect(&url).await.expect("the audit's file"))
    }

    pub fn from_rows(
        events: Vec<(String, String, String)>,
        logins: Vec<(String, i64)>,
        sessions: Vec<(String, bool)>,
    ) -> Self {
        let (logins, sessions) = (logins.into_iter().collect(), sessions.into_iter().collect());
        let mut audit = Self { logins, sessions, ..Self::default() };
        for (user, kind, session) in events {
            let act = match kind.as_str() {
                "created" => SessionAct::Login(session),
                "ended" => SessionAct::Logout(session),
                _ => SessionAct::LogoutEverywhere(session),
            };
            audit.events.entry(user).or_default().push(act);
        }
        audit
    }
}
