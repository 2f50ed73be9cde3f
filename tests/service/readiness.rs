//! Readiness of a node with a failing store.

use std::{fs, sync::Arc};

use redis::aio::MultiplexedConnection;
use session_authority::{api::session_service_client::SessionServiceClient, clock::SystemClock};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::fixture::{TestService, channel_to, eventually, login_of, start_node};
use super::management::get;
use crate::support::redis::RedisServer;

/// Changes a setting of the running server.
async fn configure(admin: &mut MultiplexedConnection, name: &str, value: &str) {
    redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec_async(admin).await.expect("a setting");
}

/// Makes a server refuse writes by `refuse` and accept them again by `allow`, and checks a node on it in between.
async fn a_server_that_refuses_writes_degrades_a_node(
    redis: RedisServer,
    answer: &str,
    refuse: impl AsyncFn(&mut MultiplexedConnection),
    allow: impl AsyncFn(&mut MultiplexedConnection),
) {
    let (directory, url) = (tempfile::tempdir().expect("a directory"), redis.url());
    let node = start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await;
    let channel = channel_to(&node).await;
    let mut sessions = SessionServiceClient::new(channel);
    let created = sessions.create(login_of("ann")).await.expect("a session").into_inner();
    let readyz = async || get(node.management, "/readyz").await;
    let says = async |line: &str| readyz().await.1.contains(line);
    eventually("the store accepts writes", || says("store_writes: ok: redis accepts writes")).await;

    let mut admin = redis.admin().await;
    refuse(&mut admin).await;
    eventually("refused changes are reported", || says("store_writes: degraded: ")).await;
    let (status, body) = readyz().await;
    assert_eq!(status, 200, "there are verdicts: {body}");
    assert!(body.contains(answer) && body.contains("store: ok: redis is reachable"), "{body}");
    let state = "session_authority_readiness_check_state{check=\"store_writes\",state=\"degraded\"} 1\n";
    assert!(get(node.management, "/metrics").await.1.contains(state));
    let validate = session_authority::api::ValidateRequest { token: created.token, ..Default::default() };
    sessions.validate(validate).await.expect("a verdict");
    let status = sessions.create(login_of("bob")).await.expect_err("the write is refused");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");

    allow(&mut admin).await;
    eventually("changes are accepted again", || says("store_writes: ok: redis accepts writes")).await;
    sessions.create(login_of("bob")).await.expect("a session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_with_too_few_replicas_degrades_a_node() {
    a_server_that_refuses_writes_degrades_a_node(
        RedisServer::start().await,
        "NOREPLICAS",
        async |admin| configure(admin, "min-replicas-to-write", "1").await,
        async |admin| configure(admin, "min-replicas-to-write", "0").await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_cannot_save_to_its_disk_degrades_a_node() {
    let redis = RedisServer::start().await;
    // No file can replace a directory that is not empty, even if the server runs as root.
    let obstacle = redis.directory().join("dump.rdb");
    fs::create_dir_all(obstacle.join("obstacle")).expect("a directory");
    let refuse = async |admin: &mut MultiplexedConnection| {
        configure(admin, "stop-writes-on-bgsave-error", "yes").await;
        configure(admin, "save", "3600 1").await;
        redis::cmd("BGSAVE").exec_async(admin).await.expect("the save starts");
        let failed = async || {
            let info: String =
                redis::cmd("INFO").arg("persistence").query_async(&mut admin.clone()).await.expect("text");
            info.contains("rdb_last_bgsave_status:err")
        };
        eventually("saving has failed", failed).await;
    };
    let allow = async |admin: &mut MultiplexedConnection| configure(admin, "save", "").await;
    a_server_that_refuses_writes_degrades_a_node(redis, "MISCONF", refuse, allow).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_hangs_is_noticed_before_its_own_timeout_and_hides_nothing() {
    let redis = RedisServer::start().await;
    let (directory, url) = (tempfile::tempdir().expect("a directory"), redis.url());
    let settings = [("STORE__URL", url.as_str()), ("STORE__RESPONSE_TIMEOUT", "1m")];
    let node = start_node(&directory, &settings, Arc::new(SystemClock)).await;
    let readyz = async || get(node.management, "/readyz").await;
    eventually("the node is ready", async || readyz().await.0 == 200).await;
    redis.pause();
    eventually("the hanging store is reported", async || {
        readyz().await.1.contains("store: failed: no response within 5 s")
    })
    .await;
    let (status, body) = readyz().await;
    assert_eq!(status, 503, "{body}");
    for line in ["server: ok: ", "callers: ok: ", "certificates: ok: ", "geoip: ok: "] {
        assert!(body.contains(line), "{line} in {body}");
    }
    redis.resume();
    eventually("it recovers by itself", async || readyz().await.0 == 200).await;
}

#[tokio::test]
async fn an_embedded_store_is_asked_to_write_too() {
    let service = TestService::on_sqlite().await;
    eventually("the write was checked", async || {
        get(service.node.management, "/readyz").await.1.contains("store_writes: ok: sqlite accepts writes")
    })
    .await;
}

#[tokio::test]
async fn a_node_that_is_not_ready_never_says_by_grpc_that_it_serves() {
    // The fixture's clock shows another year than the store's, so this node never becomes ready.
    let service = TestService::on_sqlite().await;
    let mut health = HealthClient::new(service.channel.clone());
    for service in ["", "session.v1.SessionService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let status = health.check(request).await.expect("health").into_inner().status();
        assert_eq!(status, ServingStatus::NotServing, "{service}");
    }
}
