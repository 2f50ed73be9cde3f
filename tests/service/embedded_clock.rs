//! A wrong clock, and the reaction of an embedded store.

use std::{sync::Arc, time::Duration};

use session_authority::{
    app::Node,
    clock::{Clock, ManualClock},
    domain::UnixMillis,
};
use tempfile::TempDir;
use tonic::Code;

use super::{
    fixture::{START, TestService, error_parts, eventually, start_node, try_start_node},
    management::get,
};

const DAY: Duration = Duration::from_hours(24);

/// Returns a directory whose store has a session of ann, and its token.
async fn used() -> (TempDir, String) {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    service.node.stop().await;
    (service.directory, created.token)
}

async fn restarted(directory: TempDir, now: UnixMillis) -> TestService {
    let clock = Arc::new(ManualClock::new(now));
    let node: Node = start_node(&directory, &[], Arc::clone(&clock) as _).await;
    let channel = super::fixture::channel_to(&node).await;
    TestService { node, clock, redis: None, directory, channel }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_does_not_start_with_a_clock_years_ahead_and_ends_nothing() {
    let (directory, token) = used().await;
    let ahead = Arc::new(ManualClock::new(START.plus(5 * 365 * DAY)));
    let error = try_start_node(&directory, &[], Arc::clone(&ahead) as _).await.err().expect("refused").to_string();
    for part in [&START.to_string()[..10], &ahead.now().to_string(), "--accept-clock"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let service = restarted(directory, START.plus(Duration::from_mins(1))).await;
    service.validate(&token).await.expect("still signed in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_went_back_is_not_ready_and_bars_nobody() {
    let (directory, token) = used().await;
    let service = restarted(directory, START.minus(2 * DAY)).await;
    eventually("readiness reports it", || async {
        let (status, text) = get(service.node.management, "/readyz").await;
        status == 503 && text.contains("differ too much")
    })
    .await;
    let status = service.create(super::fixture::login_of("ann")).await.expect_err("no session");
    assert_eq!(error_parts(&status).0, Code::Unavailable);

    service.clock.set(START.plus(Duration::from_mins(1)));
    service.validate(&token).await.expect("still signed in");
    service.login("ann").await;
    eventually("it is ready", || async {
        !get(service.node.management, "/readyz").await.1.contains("differ too much")
    })
    .await;
}
