//! The audit in PostgreSQL through PgBouncer with its default settings, in both of its modes that allow transactions.

use std::{ops::Range, sync::Arc, time::Duration};

use session_authority::{
    audit::{self, AuditDatabase, MaintenanceRun},
    domain::{
        Bucket, Owner, UnixMillis, UserId,
        search::{
            EventSearch, PageRequest, RecordingPosition, RecordingRange, SessionFilter, SessionSearch, SessionState,
            StatsQuery,
        },
    },
    store::{AlertPosition, BindingId, Touch},
};
use sqlx::{Connection, PgConnection, Row, postgres::PgConnectOptions};
use tokio::task::JoinSet;

use super::{
    fixture::{AuditFixture, assert_complete, connect_audit, drain},
    logins::{NOW, login},
};
use crate::support::{
    pgbouncer::{PgBouncer, PoolMode},
    postgres::PostgresServer,
};

/// Makes each case a separate test in each mode.
macro_rules! in_both_modes {
    ($($case:ident),+ $(,)?) => {
        mod transaction_mode {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                super::$case(crate::support::pgbouncer::PoolMode::Transaction).await;
            })+
        }

        mod session_mode {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                super::$case(crate::support::pgbouncer::PoolMode::Session).await;
            })+
        }
    };
}

in_both_modes! {
    nodes_that_migrate_at_the_same_time_leave_nothing_locked,
    everything_that_a_node_does_works_at_the_same_time,
    nothing_of_a_session_is_left_on_the_server_connections,
}

/// Returns a database without a schema, and its URL through a pooler.
async fn database(mode: PoolMode) -> (PgBouncer, String, String) {
    let direct = PostgresServer::shared().await.database().await;
    let pooler = PgBouncer::start(mode, &direct).await;
    let url = pooler.url_of(&direct);
    (pooler, url, direct)
}

async fn nodes_that_migrate_at_the_same_time_leave_nothing_locked(mode: PoolMode) {
    let (_pooler, url, direct) = database(mode).await;
    let mut nodes = JoinSet::new();
    for _ in 0..4 {
        let url = url.clone();
        nodes.spawn(async move { audit::open(&url, true).await.expect("an audit").log.ready().await });
    }
    while let Some(node) = nodes.join_next().await {
        node.expect("no panic").expect("ready");
    }
    assert_eq!(audit::migrate(&url).await.expect("nothing to do"), Vec::<String>::new());
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let held: i64 = sqlx::query_scalar(locks).fetch_one(&mut connect_audit(&direct).await).await.expect("a count");
    assert_eq!(held, 0, "a lock that outlives its transaction blocks the next user of the connection");
}

async fn everything_that_a_node_does_works_at_the_same_time(mode: PoolMode) {
    const USERS: u64 = 60;
    let (pooler, url, direct) = database(mode).await;
    let audit = audit::open(&url, true).await.expect("an audit");
    let other = audit::open(&url, true).await.expect("an audit");
    let fixture = AuditFixture::sqlite().await;
    fixture.generate_traffic(0..USERS).await;

    let mut tasks = JoinSet::new();
    let relay = fixture.relay(Arc::clone(&audit.log));
    tasks.spawn(async move {
        drain(&relay).await;
    });
    for node in [audit.clone(), other] {
        tasks.spawn(maintain(node.clone()));
        for worker in 0..6 {
            let numbers = 20 * worker..20 * (worker + 1);
            tasks.spawn(run_queries(node.clone(), numbers.clone()));
            tasks.spawn(run_writes(node.clone(), numbers));
        }
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap_or_else(|error| panic!("{error}: {}", pooler.log()));
    }

    drain(&fixture.relay(Arc::clone(&audit.log))).await;
    assert_complete(&direct, 0..USERS).await;
}

/// Runs the queries of administrators repeatedly.
async fn run_queries(audit: AuditDatabase, numbers: Range<u64>) {
    let (history, events) = (audit.history, EventSearch::default());
    let hour = Duration::from_hours(1);
    let query = StatsQuery { tenants: None, user: None, start: NOW.minus(hour), end: NOW.plus(hour), step: hour };
    let end = AlertPosition { major: u64::MAX, minor: u64::MAX };
    for number in numbers {
        let user = UserId::new(&format!("user-{number}")).expect("a user");
        let filter = SessionFilter { user: number.is_multiple_of(2).then_some(user), ..SessionFilter::default() };
        let search = SessionSearch { filter, state: Some(SessionState::Live), end_reason: None };
        history.search_sessions(&search, PageRequest { size: 10, after: None }).await.expect("sessions");
        history.count_sessions(&search).await.expect("a count");
        history.list_events(&events, PageRequest { size: 10, after: None }).await.expect("events");
        let after = Some(RecordingPosition::default());
        history
            .list_recorded(&events, RecordingRange::default(), PageRequest { size: 10, after })
            .await
            .expect("events as they were recorded");
        history.stats(&query).await.expect("counts");
        audit.alerts.newest().await.expect("the newest alert");
        audit.alerts.read(AlertPosition::START, end, 10).await.expect("alerts");
    }
}

/// Writes the rows that a node writes besides the events of the relay.
async fn run_writes(audit: AuditDatabase, numbers: Range<u64>) {
    for number in numbers {
        let touch = Touch { session_id: login(&format!("user-{number}"), number).session.id, at: NOW };
        audit.log.ready().await.expect("ready");
        audit.log.refresh(&[touch]).await.expect("refreshed");
        audit.alerts.archive(&[]).await.expect("kept");
        let nobody = Owner::new("acme", &format!("nobody-{number}")).expect("an owner");
        audit.log.erase_user(&nobody, NOW).await.expect("forgotten");
        audit.binding.binding().await.expect("a binding");
        audit.binding.bind(BindingId([7; 16])).await.expect("bound");
        audit.binding.checkpoints().await.expect("checkpoints");
        let bucket = Bucket(u8::try_from(number % 256).expect("a bucket"));
        audit.binding.record_checkpoint(bucket, None, NOW).await.expect("recorded");
    }
}

async fn maintain(audit: AuditDatabase) {
    for number in 0..10 {
        let now = NOW.plus(Duration::from_hours(24 * 31) * number);
        let turn = MaintenanceRun::new(now, UnixMillis::new(1_000_000_000_000)).with_accepted_clock();
        audit.log.run_maintenance(turn).await.expect("maintained");
    }
}

/// State that one client leaves on a connection would affect the next one, of this program or another.
async fn nothing_of_a_session_is_left_on_the_server_connections(mode: PoolMode) {
    let (pooler, url, _) = database(mode).await;
    let audit = audit::open(&url, true).await.expect("an audit");
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        tasks.spawn(run_queries(audit.clone(), number..number + 1));
        tasks.spawn(run_writes(audit.clone(), number..number + 1));
    }
    maintain(audit.clone()).await;
    while let Some(task) = tasks.join_next().await {
        task.unwrap_or_else(|error| panic!("{error}: {}", pooler.log()));
    }
    audit.log.close().await;

    // The number of clients equals that of server connections in transaction mode; each is in a transaction.
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = connect(&url).await;
        sqlx::raw_sql("BEGIN").execute(&mut client).await.expect("a transaction");
        clients.push(client);
    }
    for client in &mut clients {
        let state = "SELECT (SELECT count(*)::text FROM pg_prepared_statements), current_setting('statement_timeout'),
                            current_setting('lock_timeout'), current_setting('default_transaction_read_only'),
                            current_setting('jit')";
        let row = sqlx::raw_sql(state).fetch_one(client).await.expect("a row");
        let state: Vec<String> = (0..5).map(|column| row.get(column)).collect();
        assert_eq!(state, ["0", "0", "0", "off", "on"]);
    }
}

/// Connects a client that sends only parameters that PgBouncer knows.
async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    PgConnection::connect_with(&options.extra_float_digits(None)).await.expect("a connection")
}
