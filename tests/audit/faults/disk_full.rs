//! A database with a full disk. A file size limit stands in for the disk, because it needs no privileges.

use sqlx::{Connection, Executor, SqliteConnection};

use super::{
    ledger::AuditContents,
    load::UserLoad,
    scenario::{ACTS_BEFORE_FAULT, AuditScenario, FaultCounts, backlog_events, connect_store, print_row},
};
use crate::{
    audit::fixture::{connect_audit, eventually},
    cli::{
        fleet::ServerFleet,
        program::{PROGRAM, without_environment},
    },
    service::management::get,
    support::{postgres::PostgresServer, process::with_small_files},
};

/// A limit above the size of PostgreSQL's WAL segments.
const POSTGRES_KIB: u32 = 17 * 1024;
/// A limit above the size of an empty audit in SQLite.
const SQLITE_KIB: u32 = 1024;

/// Rows just below the two kilobytes from which values are compressed, of a user that is in no ledger.
const FILLER: &str = "INSERT INTO session_events (event_id, at, kind, user_id, reason)
    SELECT gen_random_uuid(), now(), 'created', '-filler', repeat(md5(random()::text), 58)
    FROM generate_series(1, 200)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_set_aside_while_postgres_has_no_room() {
    let postgres = PostgresServer::start().await;
    let mut scene = AuditScenario::start(postgres.database().await, 1).await;
    // Data that was written without the limit lies beyond the last one.
    let mut kib = POSTGRES_KIB;
    scene
        .repeat_fault(async |scene| {
            postgres.restart_with_file_limit(Some(kib)).await;
            fill(&scene.url).await;
            scene.wait_until_backlogged().await;
            postgres.restart().await;
            kib += POSTGRES_KIB;
        })
        .await;
    scene.assert_complete("PostgreSQL disk full").await;
}

async fn fill(url: &str) {
    let mut admin = connect_audit(url).await;
    let error = loop {
        if let Err(error) = admin.execute(FILLER).await {
            break error;
        }
    };
    assert!(error.to_string().contains("could not extend file"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_set_aside_while_sqlite_has_no_room() {
    let fleet = ServerFleet::with_audit("sqlite://audit.db").await;
    let mut server = fleet.server().await;
    let (store, load) = (connect_store(&fleet).await, UserLoad::start(&[server.channel()]));
    let enough = async |acts: usize| {
        let enough = load.acknowledged() + acts;
        eventually("users get responses", async || load.acknowledged() >= enough).await;
    };
    enough(ACTS_BEFORE_FAULT).await;
    let management = server.management.parse().expect("an address");
    eventually("some events are in the audit", async || relayed_events(&get(management, "/metrics").await.1) > 0).await;
    server.kill();
    let file = server.directory().join("audit.db");
    let before = count_rows(&file).await.1;

    server.start_as(without_environment(with_small_files(PROGRAM, SQLITE_KIB))).await;
    let management = server.management.parse().expect("an address");
    eventually("the audit accepts no events", async || {
        get(management, "/readyz").await.1.contains("the audit database rejects them or is unavailable")
    })
    .await;
    enough(ACTS_BEFORE_FAULT).await;
    let counts = FaultCounts { before: Some(before), waited: backlog_events(&store).await };
    server.kill();

    server.start_again().await;
    enough(ACTS_BEFORE_FAULT).await;
    let ledger = load.stop().await;
    eventually("the backlog is empty", async || backlog_events(&store).await == 0).await;
    server.kill();
    let (refused, _) = count_rows(&file).await;
    let verdict = ledger.compare(&AuditContents::read_sqlite(&file).await);
    print_row("SQLite disk full", counts, &verdict);
    verdict.assert_complete();
    assert_eq!(refused, 0, "no dead letters");
}

/// Returns the events that the relay appended, according to the metrics of its server.
fn relayed_events(metrics: &str) -> u64 {
    let count = metrics.lines().find_map(|line| line.split_once("audit_relay_events_total "));
    count.map_or(0, |(_, count)| count.parse().expect("a count"))
}

/// Counts the dead letters and the events in a file that no process has open.
async fn count_rows(file: &std::path::Path) -> (i64, i64) {
    let mut audit = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("the audit's file");
    let counts = "SELECT (SELECT count(*) FROM refused_events), (SELECT count(*) FROM session_events)";
    let found = sqlx::query_as(counts).fetch_one(&mut audit).await.expect("counts");
    // A connection that is only dropped releases the file a moment later.
    audit.close().await.expect("closed");
    found
}
