//! What an audit database says.

use std::{collections::BTreeMap, path::Path};

use sqlx::{Connection, SqliteConnection};

use super::SessionAct;
use crate::audit::fixture::connect_audit;

/// Events of sessions in the order of arrival; strangers to every ledger are users with a `-` in front.
const EVENTS: &str = "SELECT user_id, kind, coalesce(session_id, user_id) FROM session_events
    WHERE kind IN ('created', 'ended', 'revoked_all') AND user_id NOT LIKE '-%' ORDER BY seq";
const LOGINS: &str = "SELECT session_id, count(*) FROM login_events GROUP BY session_id";
const SESSIONS: &str = "SELECT session_id, ended_at IS NULL FROM sessions";

/// As much of it as can be compared with a ledger.
#[derive(Default)]
pub struct AuditContents {
    /// By user.
    pub events: BTreeMap<String, Vec<SessionAct>>,
    /// Rows among the logins, by session.
    pub logins: BTreeMap<String, i64>,
    /// Sessions as it sums them up: whether they are live.
    pub sessions: BTreeMap<String, bool>,
}

/// The same questions to either engine.
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

    /// In a file that nobody has open.
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
