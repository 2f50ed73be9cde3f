//! Faulty relays and databases, and the violations that the comparison finds. The real one passes next to each.

use std::{ops::Range, sync::Arc};

use session_authority::{
    audit::EventLog,
    domain::{Bucket, Event},
    store::{OutboxPosition, PendingEvent, SessionEngine},
};
use sqlx::Executor;

use super::ledger::{AuditContents, AuditLedger, LedgerComparison, SessionAct, UserTimeline};
use crate::{
    audit::{
        fixture::{AuditFixture, address_of, connect_audit, drain, open, with_address},
        logins::login,
    },
    support::{
        postgres::PostgresServer,
        proxy::{ProxyDirection, TcpProxy},
    },
};

const USERS: Range<u64> = 0..5;
const EVENTS: usize = 15;

/// A relay in its simplest form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RelayMutant {
    Unmodified,
    DeletesFirst,
    DropsWhatFails,
    AppendsLatestFirst,
}

impl RelayMutant {
    async fn run_pass(self, fixture: &AuditFixture, log: &Arc<dyn EventLog>) {
        let store = &fixture.store;
        match self {
            Self::Unmodified => drop(fixture.relay(Arc::clone(log)).drain_once().await),
            Self::DeletesFirst => {
                let (positions, events) = read_outbox(store).await;
                store.delete_from_outbox(&positions).await.expect("deleted");
                drop(log.append(&events).await);
            }
            Self::DropsWhatFails => {
                let (positions, events) = read_outbox(store).await;
                drop(log.append(&events).await);
                store.delete_from_outbox(&positions).await.expect("deleted");
            }
            Self::AppendsLatestFirst => {
                let (positions, mut events) = read_outbox(store).await;
                events.reverse();
                log.append(&events).await.expect("appended");
                store.delete_from_outbox(&positions).await.expect("deleted");
            }
        }
    }
}

async fn read_outbox(store: &Arc<dyn SessionEngine>) -> (Vec<OutboxPosition>, Vec<Event>) {
    let pending = store.read_outbox(Bucket::ALL, 100).await.expect("events");
    let both = |PendingEvent { position, event, .. }| (position, event.expect("an event"));
    pending.into_iter().map(both).unzip()
}

/// Returns the ledger of [`AuditFixture::generate_traffic`].
fn ledger(users: Range<u64>) -> AuditLedger {
    let story = |number: u64| {
        let user = format!("user-{number}");
        let [one, other] = [0, 1].map(|nth| login(&user, 10 * number + nth).session.id.to_string());
        let steps = [SessionAct::Login(one.clone()), SessionAct::Logout(one), SessionAct::Login(other)]
            .map(|act| vec![act])
            .into();
        UserTimeline { user, steps, unanswered: None }
    };
    AuditLedger { timelines: users.map(story).collect() }
}

async fn compare_audit(url: &str) -> LedgerComparison {
    ledger(USERS).compare(&AuditContents::read_postgres(url).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_deletes_first_loses_what_it_is_killed_with() {
    for (habit, lost) in [(RelayMutant::Unmodified, 0), (RelayMutant::DeletesFirst, EVENTS)] {
        let fixture = AuditFixture::redis().await;
        let url = PostgresServer::shared().await.database().await;
        let proxy = TcpProxy::start(address_of(&url)).await;
        let log = open(&with_address(&url, proxy.address())).await;
        fixture.generate_traffic(USERS).await;

        proxy.hold_at("COMMIT\0", ProxyDirection::Requests);
        tokio::select! {
            () = habit.run_pass(&fixture, &log) => panic!("the reply should have been held"),
            () = proxy.wait_until_held() => {}
        }
        proxy.close_held();
        drain(&fixture.relay(open(&url).await)).await;

        assert_eq!(compare_audit(&url).await.lost.len(), lost);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_drops_what_fails_loses_it() {
    for (habit, is_complete) in [(RelayMutant::Unmodified, true), (RelayMutant::DropsWhatFails, false)] {
        let fixture = AuditFixture::redis().await;
        let url = PostgresServer::shared().await.database().await;
        let proxy = TcpProxy::start(address_of(&url)).await;
        let log = open(&with_address(&url, proxy.address())).await;
        fixture.generate_traffic(USERS).await;

        proxy.cut().await;
        habit.run_pass(&fixture, &log).await;
        proxy.restore().await;
        drain(&fixture.relay(log)).await;

        assert_eq!(compare_audit(&url).await.lost.is_empty(), is_complete);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_drops_a_refused_batch_loses_the_rest_of_it() {
    for (habit, lost) in [(RelayMutant::Unmodified, 1), (RelayMutant::DropsWhatFails, EVENTS)] {
        let fixture = AuditFixture::redis().await;
        let url = PostgresServer::shared().await.database().await;
        let log = open(&url).await;
        let poison = "ALTER TABLE session_events ADD CHECK (kind <> 'ended' OR user_id <> 'user-2')";
        connect_audit(&url).await.execute(poison).await.expect("a constraint");
        fixture.generate_traffic(USERS).await;

        habit.run_pass(&fixture, &log).await;

        let verdict = compare_audit(&url).await;
        assert_eq!((verdict.lost.len(), verdict.out_of_order.len()), (lost, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_appends_the_latest_first_is_out_of_order() {
    for (habit, disordered) in [(RelayMutant::Unmodified, 0), (RelayMutant::AppendsLatestFirst, 5)] {
        let fixture = AuditFixture::redis().await;
        let url = PostgresServer::shared().await.database().await;
        let log = open(&url).await;
        fixture.generate_traffic(USERS).await;

        habit.run_pass(&fixture, &log).await;

        let verdict = compare_audit(&url).await;
        assert_eq!((verdict.lost.len(), verdict.out_of_order.len()), (0, disordered));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_without_its_key_has_twice_what_was_appended_and_not_deleted() {
    for has_key in [true, false] {
        let fixture = AuditFixture::redis().await;
        let url = PostgresServer::shared().await.database().await;
        let log = open(&url).await;
        if !has_key {
            let drop_key = "ALTER TABLE session_events DROP CONSTRAINT session_events_pkey";
            connect_audit(&url).await.execute(drop_key).await.expect("no key");
        }
        fixture.generate_traffic(USERS).await;

        // The progress of a relay that is killed or that another one overtakes.
        log.append(&read_outbox(&fixture.store).await.1).await.expect("appended");
        drain(&fixture.relay(log)).await;

        assert_eq!(compare_audit(&url).await.duplicated.len(), if has_key { 0 } else { EVENTS });
    }
}

/// Settings of a server that acknowledges a commit before it is on disk, and the number of attempts until it is killed
/// in time.
const ASYNC_COMMIT: &[&str] = &["synchronous_commit=off", "wal_writer_delay=10s"];
const TRIES: usize = 5;
/// A trigger that overrides the setting of the connection.
const FORCE_ASYNC_COMMIT: &str = "
    CREATE FUNCTION hasten() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $$;
    CREATE TRIGGER hasten BEFORE INSERT ON session_events EXECUTE FUNCTION hasten()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_answered_before_it_is_on_disk_is_lost() {
    for _ in 0..TRIES {
        assert_eq!(lost_without_sync("").await, 0, "our commits are synchronous regardless of server settings");
        if lost_without_sync(FORCE_ASYNC_COMMIT).await > 0 {
            return;
        }
    }
    panic!("nothing was lost");
}

async fn lost_without_sync(change: &'static str) -> usize {
    let (fixture, postgres) = (AuditFixture::redis().await, PostgresServer::start_with(ASYNC_COMMIT).await);
    let url = postgres.database().await;
    let relay = fixture.relay(open(&url).await);
    connect_audit(&url).await.execute(change).await.expect("a change");
    fixture.generate_traffic(USERS).await;
    drain(&relay).await;
    postgres.kill().await;
    postgres.restart().await;
    compare_audit(&url).await.lost.len()
}
