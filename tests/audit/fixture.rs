//! A store with a relay into PostgreSQL, and queries of the resulting rows.

use std::{collections::BTreeMap, net::SocketAddr, ops::Range, sync::Arc, time::Duration};

use session_authority::{
    audit::{self, EventLog, Relay},
    clock::SystemClock,
    domain::{Cause, EndReason},
    store::{
        AccessGuard, CreateOutcome, RevocationTarget, SessionEngine, SessionRevocation,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::SqliteSessionStore,
    },
};
use sqlx::{Connection, PgConnection, Row};

use super::logins::login;
use crate::support::redis::RedisServer;

pub struct AuditFixture {
    pub store: Arc<dyn SessionEngine>,
    pub redis: Option<RedisServer>,
}

impl AuditFixture {
    pub async fn redis() -> Self {
        let server = RedisServer::start().await;
        // Response times do not matter here.
        let patient = Duration::from_secs(10);
        let options = RedisOptions { connect_timeout: patient, response_timeout: patient, ..RedisOptions::default() };
        let store = RedisSessionStore::connect_with(&server.url(), &options).await.expect("a store on Redis");
        Self { store: Arc::new(store), redis: Some(server) }
    }

    pub async fn sqlite() -> Self {
        let store = SqliteSessionStore::open("sqlite::memory:").await.expect("a store on SQLite");
        Self { store: Arc::new(store), redis: None }
    }

    pub fn relay(&self, log: Arc<dyn EventLog>) -> Arc<Relay> {
        Arc::new(Relay::new(Arc::clone(&self.store) as _, log, Arc::new(SystemClock)))
    }

    pub async fn sign_in(&self, user: &str, number: u64) {
        let outcome = self.store.create(login(user, number)).await.expect("a session");
        assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
    }

    pub async fn sign_out(&self, user: &str, number: u64) {
        let login = login(user, number);
        let revocation = SessionRevocation {
            now: login.now.plus(Duration::from_millis(500)),
            target: RevocationTarget::Session(login.session.id),
            guard: AccessGuard::default(),
            is_compromised: false,
            reason: EndReason::Revoked,
            cause: Cause { actor: "user".to_owned(), ..Cause::default() },
        };
        assert_eq!(self.store.revoke(revocation).await.expect("revoked").len(), 1);
    }

    /// Signs in each of `users`, out, and in again: three events each.
    pub async fn generate_traffic(&self, users: Range<u64>) {
        for number in users {
            let user = format!("user-{number}");
            self.sign_in(&user, 10 * number).await;
            self.sign_out(&user, 10 * number).await;
            self.sign_in(&user, 10 * number + 1).await;
        }
    }

    pub async fn backlog(&self) -> u64 {
        self.store.backlog().await.expect("the backlog").events
    }
}

/// Drains the outbox until it is empty. Returns the number of events that were new to the audit.
pub async fn drain(relay: &Relay) -> u64 {
    let mut added = 0;
    loop {
        let drained = relay.drain_once().await.expect("a pass");
        added += drained.added;
        if drained.entries == 0 {
            return added;
        }
    }
}

pub async fn open(url: &str) -> Arc<dyn EventLog> {
    audit::open(url, true).await.expect("an audit log").log
}

/// Returns the numbers of rows of `session_events`, `login_events` and `refused_events`.
pub async fn row_counts(url: &str) -> [i64; 3] {
    let counts = "SELECT (SELECT count(*) FROM session_events), (SELECT count(*) FROM login_events),
                         (SELECT count(*) FROM refused_events)";
    let row = sqlx::query(counts).fetch_one(&mut connect_audit(url).await).await.expect("counts");
    [row.get(0), row.get(1), row.get(2)]
}

/// Returns the events of each user's sessions in the audit, in the order of arrival.
pub async fn event_kinds_by_user(url: &str) -> BTreeMap<String, Vec<String>> {
    let sql = "SELECT user_id, array_agg(kind ORDER BY seq) FROM session_events GROUP BY user_id";
    let stories: Vec<_> = sqlx::query_as(sql).fetch_all(&mut connect_audit(url).await).await.expect("rows");
    stories.into_iter().collect()
}

/// Asserts that the audit has exactly the events of [`AuditFixture::generate_traffic`] of `users`, each event once and
/// in order.
pub async fn assert_complete(url: &str, users: Range<u64>) {
    let story: Vec<_> = ["created", "ended", "created"].map(str::to_owned).into();
    let expected: BTreeMap<_, _> = users.map(|number| (format!("user-{number}"), story.clone())).collect();
    assert_eq!(event_kinds_by_user(url).await, expected);
    let users = i64::try_from(expected.len()).expect("few");
    assert_eq!(row_counts(url).await[..2], [3 * users, 2 * users]);
}

pub async fn connect_audit(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection to the audit database")
}

/// Waits until `condition` holds, with a time limit.
pub async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), holds).await.is_ok(), "timed out waiting until {what}");
}

/// Returns the address of the server of a database.
pub fn address_of(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once('@').expect("an address");
    rest.split_once('/').expect("a database").0.parse().expect("an address")
}

/// Returns the URL of the same database through a proxy.
pub fn with_address(url: &str, address: SocketAddr) -> String {
    url.replace(&address_of(url).to_string(), &address.to_string())
}
