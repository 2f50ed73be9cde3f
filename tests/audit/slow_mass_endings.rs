//! Mass revocations in a database that cannot end their sessions in time.

use std::sync::Arc;

use session_authority::{
    audit::Relay,
    clock::{Clock, SystemClock},
    domain::{Bucket, search::SessionState},
    store::sqlite::SqliteSessionStore,
};
use sqlx::{AssertSqlSafe, Executor};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{connect_audit, eventually},
    mass_endings::{
        AuditTestDatabase, REVOKED, SETTLED, acme_scope, created_event, mass_revocation_event, tenant_session,
    },
};

const SESSIONS: u32 = 300;

/// Creates sessions of one tenant and its mass revocation, in a database that ends at most `limit` sessions within its
/// timeout.
async fn slow_database(limit: u32) -> AuditTestDatabase {
    let database = AuditTestDatabase::postgres().await;
    let sessions = (1..=SESSIONS).map(|number| tenant_session("acme", &format!("user-{number}"), number.into()));
    let events: Vec<_> = sessions.map(|session| created_event(&session, session.record.created_at)).collect();
    database.append(&events).await;
    database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
    let slow = format!(
        "CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT count(*) FROM ended) > {limit} THEN
                    RAISE EXCEPTION 'too many' USING ERRCODE = 'query_canceled';
                END IF;
                RETURN NULL;
            END $$;
        CREATE TRIGGER give_up AFTER UPDATE ON sessions REFERENCING NEW TABLE AS ended EXECUTE FUNCTION give_up()"
    );
    connect_audit(&database.url).await.execute(AssertSqlSafe(slow)).await.expect("a trigger");
    database
}

async fn relay_into(database: &AuditTestDatabase) -> Relay {
    let store = SqliteSessionStore::open("sqlite::memory:").await.expect("a store");
    Relay::new(Arc::new(store), database.audit.log.clone(), Arc::new(SystemClock))
}

#[tokio::test]
async fn a_database_that_is_too_slow_ends_fewer_sessions_at_a_time() {
    let database = slow_database(100).await;
    let relay = relay_into(&database).await;
    let mut failures = 0;
    while relay.end_revoked(SETTLED).await.is_err() {
        failures += 1;
        assert!(failures < 30, "it does not finish");
    }
    assert!(failures > 0, "the first batch is too large");
    assert_eq!(database.sessions(Some(SessionState::Ended)).await.len(), SESSIONS as usize);
}

/// The counterpart: the same database never ends them if the batch size stays the same.
#[tokio::test]
async fn a_database_that_is_too_slow_ends_nothing_when_asked_for_the_same_number() {
    let database = slow_database(100).await;
    for _ in 0..3 {
        assert!(database.audit.log.end_revoked(SETTLED, 2_000).await.is_err());
    }
    assert_eq!(database.sessions(Some(SessionState::Ended)).await.len(), 0);
}

#[tokio::test]
async fn the_status_of_the_relay_says_that_a_mass_revocation_cannot_be_completed() {
    let database = slow_database(0).await;
    let relay = Arc::new(relay_into(&database).await);
    let (sweeps, status) = (relay.sweep_progress(), relay.status());
    let now = SystemClock.now();
    for bucket in Bucket::all() {
        sweeps.record_swept(bucket, now);
    }
    let stop = CancellationToken::new();
    let running = relay.run(Arc::new(Notify::new()), stop.clone());
    let watching = async {
        eventually("the failure is reported", async || status.borrow().mass_endings_failure.is_some()).await;
        assert_eq!(status.borrow().complete_until, None);
        assert_eq!(status.borrow().failure, None, "events are still accepted");
        connect_audit(&database.url).await.execute("DROP TRIGGER give_up ON sessions").await.expect("dropped");
        eventually("the failure is over", async || status.borrow().mass_endings_failure.is_none()).await;
        assert!(status.borrow().complete_until > Some(SETTLED));
        stop.cancel();
    };
    tokio::join!(running, watching);
    assert_eq!(database.sessions(Some(SessionState::Ended)).await.len(), SESSIONS as usize);
}
