//! A store with a relay into PostgreSQL, and a look at what arrived there.

use std::{sync::Arc, time::Duration};

use session_authority::{
    audit::{self, EventLog, Relay},
    clock::SystemClock,
    domain::Cause,
    store::{
        CreateOutcome, Guard, Revocation, RevokeTarget, SessionStore, redis::RedisSessionStore,
        sqlite::SqliteSessionStore,
    },
};
use sqlx::{Connection, PgConnection, Row};

use super::logins::login;
use crate::support::redis::RedisServer;

pub struct Fixture {
    pub store: Arc<dyn SessionStore>,
    pub redis: Option<RedisServer>,
}

impl Fixture {
    pub async fn redis() -> Self {
        let server = RedisServer::start().await;
        let store = RedisSessionStore::connect(&server.url()).await.expect("a store on Redis");
        Self { store: Arc::new(store), redis: Some(server) }
    }

    pub async fn sqlite() -> Self {
        let store = SqliteSessionStore::open("sqlite::memory:").await.expect("a store on SQLite");
        Self { store: Arc::new(store), redis: None }
    }

    pub fn relay(&self, log: Arc<dyn EventLog>) -> Arc<Relay> {
        Arc::new(Relay::new(Arc::clone(&self.store), log, Arc::new(SystemClock)))
    }

    pub async fn sign_in(&self, user: &str, number: u64) {
        let outcome = self.store.create(login(user, number)).await.expect("a session");
        assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
    }

    pub async fn sign_out(&self, user: &str, number: u64) {
        let login = login(user, number);
        let revocation = Revocation {
            now: login.now.plus(Duration::from_millis(500)),
            target: RevokeTarget::Session(login.session.id),
            guard: Guard::default(),
            cause: Cause { actor: "user".to_owned(), ..Cause::default() },
        };
        assert_eq!(self.store.revoke(revocation).await.expect("revoked").len(), 1);
    }

    /// Each of `users` signs in and out, and in again: three events each.
    pub async fn traffic(&self, users: std::ops::Range<u64>) {
        for number in users {
            let user = format!("user-{number}");
            self.sign_in(&user, 10 * number).await;
            self.sign_out(&user, 10 * number).await;
            self.sign_in(&user, 10 * number + 1).await;
        }
    }

    pub async fn waiting(&self) -> u64 {
        self.store.backlog().await.expect("the backlog").events
    }
}

/// Drains until nothing is left; how many events were new to the audit.
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
    audit::open(url, true).await.expect("an audit log")
}

/// What the audit has of the user's sessions, in the order of arrival.
pub async fn story(url: &str, user: &str) -> Vec<String> {
    let query =
        sqlx::query_scalar("SELECT kind FROM session_events WHERE user_id = $1 ORDER BY seq").bind(user.to_owned());
    query.fetch_all(&mut look(url).await).await.expect("rows")
}

/// Rows of `session_events`, `login_events` and `refused_events`.
pub async fn counts(url: &str) -> [i64; 3] {
    let counts = "SELECT (SELECT count(*) FROM session_events), (SELECT count(*) FROM login_events),
                         (SELECT count(*) FROM refused_events)";
    let row = sqlx::query(counts).fetch_one(&mut look(url).await).await.expect("counts");
    [row.get(0), row.get(1), row.get(2)]
}

/// That `users` with the events of [`Fixture::traffic`] are in the audit, each event once and in order.
pub async fn assert_complete(url: &str, users: std::ops::Range<u64>) {
    let expected = 3 * i64::try_from(users.end - users.start).expect("few");
    let [sessions, logins, _] = counts(url).await;
    assert_eq!((sessions, logins), (expected, expected / 3 * 2));
    for number in users {
        assert_eq!(story(url, &format!("user-{number}")).await, ["created", "ended", "created"], "user-{number}");
    }
}

pub async fn look(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection to the audit database")
}

/// Waits until `condition` holds; not for ever.
pub async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), holds).await.is_ok(), "never: {what}");
}
