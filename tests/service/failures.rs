//! The guarantees if a dependency of the service fails.

use std::{net::TcpListener, time::Duration};

use session_authority::api::{RevokeRequest, ValidateRequest, revoke_request::Target};
use tonic::Code;

use super::{
    fixture::{TestService, error_parts, eventually, id_of, login_of},
    management::get,
};
use crate::support::{
    proxy::{ProxyDirection, TcpProxy},
    redis::RedisServer,
    redis_cluster::until,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_there_is_no_verdict_and_with_it_again_there_is() {
    let redis = RedisServer::durable().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[("STORE__URL", &url)]).await;
    let created = service.login("ann").await;
    let redis = service.redis.as_ref().expect("redis");
    redis.kill();
    let validate = ValidateRequest { token: created.token.clone(), ..ValidateRequest::default() };
    for _ in 0..3 {
        let status = service.sessions().validate(validate.clone()).await.expect_err("no verdict");
        assert_eq!(error_parts(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into(), vec![]));
        let status = service.create(login_of("bob")).await.expect_err("no session");
        assert_eq!(status.code(), Code::Unavailable);
    }
    redis.restart().await;
    eventually("there are verdicts again", || async { service.sessions().validate(validate.clone()).await.is_ok() })
        .await;
    let session = service.validate(&created.token).await.expect("the session is still active");
    assert_eq!(session.session_id, id_of(&created));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_connection_is_given_up_in_time_and_replaced() {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    let url = redis.url_through(proxy.address());
    let settings = [("STORE__URL", url.as_str()), ("STORE__POOL_SIZE", "2"), ("STORE__RESPONSE_TIMEOUT", "200ms")];
    let service = TestService::start(Some(redis), &settings).await;
    let created = service.login("ann").await;
    proxy.freeze(ProxyDirection::Replies);
    let validate = ValidateRequest { token: created.token.clone(), ..ValidateRequest::default() };
    let verdict = tokio::time::timeout(Duration::from_secs(10), service.sessions().validate(validate.clone())).await;
    let status = verdict.expect("a response in time").expect_err("no verdict");
    assert!(matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded), "{status:?}");
    // The frozen connections stay frozen; only new connections work.
    proxy.restore().await;
    proxy.thaw(ProxyDirection::Replies);
    eventually("there are verdicts again", || async { service.sessions().validate(validate.clone()).await.is_ok() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_answers_what_is_under_way_and_takes_no_more() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let TestService { node, channel, directory, clock, .. } = service;
    let management = node.management;
    let before = get(management, "/livez").await;
    assert_eq!(before.0, 200);
    assert!(node.stop().await, "it ends before its deadline");
    let mut client = session_authority::api::session_service_client::SessionServiceClient::new(channel);
    let validate = ValidateRequest { token: created.token.clone(), ..ValidateRequest::default() };
    client.validate(validate).await.expect_err("the node no longer listens");

    // The file was released, so another process could open it now.
    let node = super::fixture::start_node(&directory, &[], clock.clone()).await;
    let channel = super::fixture::channel_to(&node).await;
    let service = TestService { node, clock, redis: None, directory, channel };
    service.validate(&created.token).await.expect("sessions outlive the node");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_too_many_events_wait_logins_are_refused_and_endings_are_not() {
    // No server responds at this address, and while it is held no other server can use it.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("postgres://audit@{}/audit", silent.local_addr().expect("its address"));
    let settings = [("AUDIT__URL", nobody.as_str()), ("AUDIT__MAX_BACKLOG", "1000")];
    let redis = RedisServer::start().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[settings[0], settings[1], ("STORE__URL", &url)]).await;
    let created = service.login("ann").await;
    for round in 0..10 {
        let logins = (0..100).map(|n| service.create(login_of(&format!("user-{round}-{n}"))));
        let logins = futures_util::future::join_all(logins).await;
        assert!(logins.iter().all(Result::is_ok), "logins up to the limit succeed");
    }
    eventually("logins are refused", || async { service.create(login_of("bob")).await.is_err() }).await;
    let status = service.create(login_of("bob")).await.expect_err("one too many");
    assert_eq!(error_parts(&status), (Code::ResourceExhausted, "AUDIT_BACKLOG_FULL".into(), vec![]));

    service.validate(&created.token).await.expect("the signed-in stay so");
    let target = RevokeRequest { target: Some(Target::Token(created.token.clone())), ..RevokeRequest::default() };
    assert!(service.sessions().revoke(target).await.expect("a response").into_inner().revoked);
    service.validate(&created.token).await.expect_err("signed out");
    let readiness = async || get(service.node.management, "/readyz").await.1;
    until("readiness reports it", async || {
        readiness().await.contains("the audit database rejects them or is unavailable")
    })
    .await;
}
