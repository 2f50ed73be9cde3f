//! Unread streams of every kind, on every node.

use std::collections::VecDeque;

use futures_util::future::join_all;
use session_authority::{
    api::{
        RevokeWhereRequest, StreamAlertsRequest, ValidateRequest, ValidateStreamRequest,
        admin_service_client::AdminServiceClient,
    },
    app::Node,
    audit,
};
use tonic::transport::Channel;

use super::scenario::{CacheScenario, WitnessSession, wait_a_while};
use crate::{
    service::{
        alerts::{logins::login_alert, watch::AlertWatch},
        transport::{
            h2_stream::{H2Stream, NORMAL_WINDOW},
            unread_responses::{LOGINS, REVOKE_WHERE, STREAM_ALERTS, VALIDATE_STREAM, abroad_request, resume},
        },
    },
    support::{postgres::PostgresServer, redis::RedisServer, redis_cluster::until},
};

/// Number of rounds whose streams stay open: the oldest are unread long enough for their node to end them.
const OPEN_STRIKES: usize = 4;

/// Checks on each stream of validations.
const CHECKS: u64 = 1_000;

/// Opens streams of every kind on a node: some read nothing at all, some stop after the flow-control window of HTTP/2.
async fn open_streams(node: &Node, cursor: &str, streams: &mut Vec<H2Stream>) {
    for window in [0, NORMAL_WINDOW] {
        streams.push(H2Stream::open(node.grpc, STREAM_ALERTS, &resume(cursor), window).await);
        streams.push(H2Stream::open(node.grpc, REVOKE_WHERE, &abroad_request(), window).await);
        let mut checks = H2Stream::open_for_requests(node.grpc, VALIDATE_STREAM, window).await;
        let request = ValidateRequest { token: "nonsense".repeat(40), ..ValidateRequest::default() };
        for tag in 0..CHECKS {
            checks.send(&ValidateStreamRequest { tag, request: Some(request.clone()) });
        }
        streams.push(checks);
    }
}

/// Signs in users that raise an alert each and match [`abroad_request`], and waits until they are in the audit.
async fn raise_alerts(strike: usize, node: &Channel) {
    let users: Vec<_> = (0..LOGINS).map(|number| format!("abroad-{strike}-{number}")).collect();
    for some in users.chunks(50) {
        for alert in join_all(some.iter().map(|user| login_alert(node, user))).await {
            alert.expect("an alert");
        }
    }
    until("the audit has all logins", async || matched_count(node).await.is_some_and(|count| count >= LOGINS as u64))
        .await;
}

async fn matched_count(node: &Channel) -> Option<u64> {
    let request = RevokeWhereRequest { dry_run: true, ..abroad_request() };
    let mut answers = AdminServiceClient::new(node.clone()).revoke_where(request).await.ok()?.into_inner();
    Some(answers.message().await.ok()??.matched_count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_go_on_while_streams_of_every_kind_are_unread() {
    let database = PostgresServer::shared().await.database().await;
    audit::migrate(&database).await.expect("the schema");
    let redis = RedisServer::start().await;
    let settings = [("AUDIT__URL", database.as_str()), ("DETECTION__LEARNING_MIN_LOGINS", "1")];
    let urls = [redis.url(), redis.url()];
    let mut scene = CacheScenario::start_with(redis, &urls, &settings).await;
    let cursor = AlertWatch::begin(&scene.channels[0], StreamAlertsRequest::default()).await.cursor;
    let (mut strike, mut unread) = (0, VecDeque::new());
    scene
        .repeat_fault(async |scene| {
            raise_alerts(strike, &scene.channels[strike % 2]).await;
            let mut streams = Vec::new();
            for node in &scene.nodes {
                open_streams(node, &cursor, &mut streams).await;
            }
            unread.push_back(streams);
            if unread.len() > OPEN_STRIKES {
                unread.pop_front();
            }
            wait_a_while().await;
            for node in &scene.channels {
                let witness = WitnessSession::sign_in(node).await.expect("a session");
                assert!(witness.source(node).await.is_some(), "others get verdicts");
            }
            strike += 1;
        })
        .await;
    drop(unread);
    scene.assert_no_violations("unread streams of every kind").await;
}
