//! A database that has no room. Files that cannot grow stand in for a disk that is full: that asks for no rights.

use sqlx::{Connection, Executor, SqliteConnection};

use super::{
    ledger::Audit,
    load::Load,
    scene::{Counts, SOME, Scene, store_of, tell, waiting},
};
use crate::{
    audit::fixture::{eventually, look},
    cli::{
        fleet::Fleet,
        program::{PROGRAM, unaware},
    },
    service::management::get,
    support::{postgres::PostgresServer, process::with_small_files},
};

/// Above what PostgreSQL writes its changes to.
const POSTGRES_KIB: u32 = 17 * 1024;
/// Above what an empty audit takes in SQLite.
const SQLITE_KIB: u32 = 1024;

/// Rows of just below the two kilobytes from which values are compressed, of somebody who is in no ledger.
const FILLER: &str = "INSERT INTO session_events (event_id, at, kind, user_id, reason)
    SELECT gen_random_uuid(), now(), 'created', '-filler', repeat(md5(random()::text), 58)
    FROM generate_series(1, 200)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_set_aside_while_postgres_has_no_room() {
    let postgres = PostgresServer::start().await;
    let mut scene = Scene::start(postgres.database().await, 1).await;
    // What was written without a bound is beyond the last one.
    let mut kib = POSTGRES_KIB;
    scene
        .again_and_again(async |scene| {
            postgres.restart_within(Some(kib)).await;
            fill(&scene.url).await;
            scene.is_not_drained().await;
            postgres.restart().await;
            kib += POSTGRES_KIB;
        })
        .await;
    scene.was_right("PostgreSQL without room").await;
}

async fn fill(url: &str) {
    let mut admin = look(url).await;
    let error = loop {
        if let Err(error) = admin.execute(FILLER).await {
            break error;
        }
    };
    assert!(error.to_string().contains("could not extend file"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_set_aside_while_sqlite_has_no_room() {
    let fleet = Fleet::audited("sqlite://audit.db").await;
    let mut server = fleet.server().await;
    let (store, load) = (store_of(&fleet).await, Load::start(&[server.channel()]));
    let enough = async |acts: usize| {
        let enough = load.acknowledged() + acts;
        eventually("users are answered", async || load.acknowledged() >= enough).await;
    };
    enough(SOME).await;
    let management = server.management.parse().expect("an address");
    eventually("some are in the audit", async || moved(&get(management, "/metrics").await.1) > 0).await;
    server.kill();
    let file = server.directory().join("audit.db");
    let before = look_at(&file).await.1;

    server.start_as(unaware(with_small_files(PROGRAM, SQLITE_KIB))).await;
    let management = server.management.parse().expect("an address");
    eventually("the audit takes nothing", async || {
        get(management, "/readyz").await.1.contains("the audit database does not take them")
    })
    .await;
    enough(SOME).await;
    let counts = Counts { before: Some(before), waited: waiting(&store).await };
    server.kill();

    server.start_again().await;
    enough(SOME).await;
    let ledger = load.stop().await;
    eventually("nothing waits", async || waiting(&store).await == 0).await;
    server.kill();
    let (refused, _) = look_at(&file).await;
    let verdict = ledger.compare(&Audit::in_sqlite(&file).await);
    tell("SQLite without room", counts, &verdict);
    verdict.is_right();
    assert_eq!(refused, 0, "nothing is set aside");
}

/// Events that the relay appended, in the metrics of its server.
fn moved(metrics: &str) -> u64 {
    let count = metrics.lines().find_map(|line| line.split_once("audit_relay_events_total "));
    count.map_or(0, |(_, count)| count.parse().expect("a count"))
}

/// Refused events and events in a file that nobody has open.
async fn look_at(file: &std::path::Path) -> (i64, i64) {
    let mut audit = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("the audit's file");
    let counts = "SELECT (SELECT count(*) FROM refused_events), (SELECT count(*) FROM session_events)";
    let found = sqlx::query_as(counts).fetch_one(&mut audit).await.expect("counts");
    // A connection that is only dropped lets go of the file a moment later.
    audit.close().await.expect("closed");
    found
}
