//! A Redis whose settings break a guarantee is not used.

use std::sync::Arc;

use session_authority::{
    api::{ValidateRequest, session_service_client::SessionServiceClient, validate_response::Outcome},
    clock::SystemClock,
    store::{StoreError, redis::RedisSessionStore},
};
use tonic::Code;

use super::{
    fixture::{channel_to, error_parts, eventually, login_of, start_node, try_start_node},
    management::get,
};
use crate::support::{
    redis::RedisServer,
    redis_cluster::{RedisCluster, until},
};

async fn server_with(policy: &str, memory: &str) -> RedisServer {
    let redis = RedisServer::start().await;
    set(&redis, policy, memory).await;
    redis
}

async fn set(redis: &RedisServer, policy: &str, memory: &str) {
    let words = ["CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", memory];
    redis.command(&words).await.expect("other settings");
}

#[tokio::test]
async fn a_redis_that_may_evict_is_refused_at_the_start() {
    for policy in ["allkeys-lru", "volatile-lru"] {
        let redis = server_with(policy, "100mb").await;
        let url = redis.url();
        let refused = RedisSessionStore::connect(&url).await.err().expect("a refusal");
        assert!(matches!(refused, StoreError::Misconfigured { .. }), "{refused}");
        let directory = tempfile::tempdir().expect("a directory");
        let settings = [("STORE__URL", url.as_str())];
        let refused = try_start_node(&directory, &settings, Arc::new(SystemClock)).await.err().expect("a refusal");
        let text = refused.to_string();
        assert!(text.contains(policy) && text.contains("set maxmemory-policy noeviction"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_has_no_effect_yet_is_a_warning() {
    let redis = server_with("allkeys-lru", "0").await;
    let directory = tempfile::tempdir().expect("a directory");
    let url = redis.url();
    let node = start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await;
    eventually("the node is ready and reports it", || async {
        let (status, text) = get(node.management, "/readyz").await;
        status == 200 && text.contains("settings: ok") && text.contains("maxmemory-policy is allkeys-lru")
    })
    .await;
    let metrics = get(node.management, "/metrics").await.1;
    for series in ["{setting=\"eviction\"} 1", "{setting=\"eviction_policy\"} 0", "{setting=\"persistence\"} 0"] {
        assert!(metrics.contains(&format!("session_authority_store_settings_ok{series}")), "{series} in\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_may_evict_there_is_no_verdict() {
    let redis = RedisServer::start().await;
    let (directory, url) = (tempfile::tempdir().expect("a directory"), redis.url());
    let node = start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await;
    let mut sessions = SessionServiceClient::new(channel_to(&node).await);
    let created = sessions.create(login_of("ann")).await.expect("a session").into_inner();
    let validate = ValidateRequest { token: created.token, ..ValidateRequest::default() };
    for _ in 0..2 {
        set(&redis, "allkeys-lru", "100mb").await;
        eventually("it is reported", || async {
            let (status, text) = get(node.management, "/readyz").await;
            status == 503 && text.contains("store: failed") && text.contains("set maxmemory-policy noeviction")
        })
        .await;
        until("no session is accepted from memory", async || sessions.validate(validate.clone()).await.is_err()).await;
        let status = sessions.validate(validate.clone()).await.expect_err("no verdict");
        assert_eq!(error_parts(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into(), vec![]));
        let status = sessions.create(login_of("bob")).await.expect_err("no session");
        assert_eq!(status.code(), Code::Unavailable);
        eventually("the metric reports it", || async {
            let metrics = get(node.management, "/metrics").await.1;
            metrics.contains("session_authority_store_settings_ok{setting=\"eviction\"} 0")
        })
        .await;

        set(&redis, "noeviction", "100mb").await;
        until("there are verdicts again", async || sessions.validate(validate.clone()).await.is_ok()).await;
        sessions.create(login_of("bob")).await.expect("a session");
    }
}

/// Users of that master get no verdicts, and those of the others are not affected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_master_of_a_cluster_that_may_evict_degrades_the_node() {
    let cluster = RedisCluster::start().await;
    let (directory, url) = (tempfile::tempdir().expect("a directory"), cluster.url());
    let node = start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await;
    let mut sessions = SessionServiceClient::new(channel_to(&node).await);
    let mut requests = Vec::new();
    for number in 0..30 {
        let created = sessions.create(login_of(&format!("user {number}"))).await.expect("a session").into_inner();
        requests.push(ValidateRequest { token: created.token, ..ValidateRequest::default() });
    }
    set(&cluster.nodes[0], "allkeys-lru", "100mb").await;
    eventually("the node reports it and stays ready", || async {
        let (status, text) = get(node.management, "/readyz").await;
        status == 200 && text.contains("store_settings: degraded") && text.contains("set maxmemory-policy noeviction")
    })
    .await;
    until("some users get no verdict, the others do", async || {
        let (mut accepted, mut unavailable) = (0, 0);
        for request in &requests {
            match sessions.validate(request.clone()).await {
                Ok(answer) => {
                    assert!(matches!(answer.into_inner().outcome, Some(Outcome::Session(_))), "no session is rejected");
                    accepted += 1;
                }
                Err(status) => {
                    assert_eq!(error_parts(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into(), vec![]));
                    unavailable += 1;
                }
            }
        }
        accepted > 0 && unavailable > 0
    })
    .await;
}
