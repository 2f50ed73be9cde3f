//! A Redis that restarts while sweeps end the sessions of everyone.

use futures_util::future::join_all;
use session_authority::{
    api::{
        SearchSessionsRequest, SessionFilter, SessionState, admin_service_client::AdminServiceClient,
        session_service_client::SessionServiceClient,
    },
    audit,
    domain::Bucket,
};
use tonic::transport::Channel;

use super::{
    history::HistoryViolation,
    scenario::{CacheScenario, wait_a_while},
};
use crate::{
    service::fixture::login_of,
    support::{postgres::PostgresServer, redis::RedisServer, redis_cluster::until},
};

/// Users that give the sweep work in most buckets.
const BYSTANDERS: usize = 500;

fn bystander(strike: usize, number: usize) -> String {
    format!("bystander-{strike}-{number}")
}

/// Returns the number of buckets whose users the sweep has yet to visit, or `None` if the busy server does not respond.
async fn count_walks(redis: &RedisServer) -> Option<usize> {
    let mut pipe = redis::pipe();
    for bucket in Bucket::all() {
        pipe.cmd("HEXISTS").arg(format!("sa1:{{{bucket}}}:g")).arg("walk");
    }
    let walks: Vec<usize> = pipe.query_async(&mut redis.admin().await).await.ok()?;
    Some(walks.into_iter().sum())
}

async fn sign_in_bystanders(strike: usize, node: &Channel) {
    let numbers: Vec<_> = (0..BYSTANDERS).collect();
    for some in numbers.chunks(50) {
        let logins = some.iter().map(|number| {
            let mut sessions = SessionServiceClient::new(node.clone());
            async move { sessions.create(login_of(&bystander(strike, *number))).await }
        });
        for login in join_all(logins).await {
            login.expect("a session");
        }
    }
}

async fn ended_sessions(node: &Channel, user: String) -> usize {
    let request = SearchSessionsRequest {
        filter: Some(SessionFilter { user_id: user, ..SessionFilter::default() }),
        state: SessionState::Ended.into(),
        ..SearchSessionsRequest::default()
    };
    let found = AdminServiceClient::new(node.clone()).search_sessions(request).await;
    found.map_or(0, |found| found.into_inner().sessions.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_stays_signed_out_when_it_restarts_in_the_middle_of_the_walk() {
    let database = PostgresServer::shared().await.database().await;
    audit::migrate(&database).await.expect("the schema");
    let redis = RedisServer::durable().await;
    let settings =
        [("AUDIT__URL", database.as_str()), ("SESSIONS__SWEEP_INTERVAL", "1s"), ("SESSIONS__SWEEP_BATCH", "1")];
    let urls = [redis.url(), redis.url()];
    let mut scene = CacheScenario::start_with(redis, &urls, &settings).await;
    let mut strikes = 0;
    scene
        .repeat_fault(async |scene| {
            let redis = &scene.environment;
            sign_in_bystanders(strikes, &scene.channels[0]).await;
            scene.load.revoke_everyone(1, &scene.channels[1]).await;
            until("the sweep is in progress", async || {
                count_walks(redis).await.is_some_and(|walks| (1..200).contains(&walks))
            })
            .await;
            redis.kill();
            wait_a_while().await;
            redis.restart().await;
            wait_a_while().await;
            strikes += 1;
        })
        .await;
    let name = "everyone signed out, Redis restarted meanwhile";
    scene
        .assert_no_violations_then(name, async |channels| {
            // The audit has the ends once every bucket was swept since. The load revokes tenants, after which all of
            // them must be swept again.
            let users = (0..strikes).flat_map(|strike| (0..BYSTANDERS).step_by(10).map(move |n| bystander(strike, n)));
            for user in users {
                until("the end is in the audit", async || ended_sessions(&channels[0], user.clone()).await == 1).await;
            }
        })
        .await;
}

/// The reason for the persistence settings in `deploy/redis.conf`: acknowledged changes must be on disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_restarts_from_a_snapshot_accepts_what_was_revoked_since() {
    let redis = RedisServer::start().await;
    let urls = [redis.url(), redis.url()];
    let mut scene = CacheScenario::start(redis, &urls).await;
    scene
        .repeat_until_violation(async |scene| {
            scene.environment.command(&["SAVE"]).await.expect("a snapshot");
            scene.load.revoke_everyone(1, &scene.channels[1]).await;
            scene.environment.kill();
            scene.environment.restart().await;
            wait_a_while().await;
        })
        .await;
    let is_expected = |violation: &HistoryViolation| matches!(violation, HistoryViolation::Stale { .. });
    scene.assert_violation("mutant: everyone signed out, Redis restarted from a snapshot", is_expected).await;
}
