//! The time limit of calls, and calls at shutdown.

use std::time::Duration;

use session_authority::api::{ListRequest, ValidateRequest};
use tokio::{net::TcpStream, time::timeout};
use tonic::{Code, Request};

use super::{FreezableNode, validate};
use crate::{
    service::{
        fixture::{TestService, eventually},
        management::get,
    },
    support::proxy::ProxyDirection,
};

/// Far less than the minute that the node waits for the store, and enough for a busy machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_waits_no_longer_gets_its_answer_and_frees_its_place() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SERVER__CONCURRENCY__VALIDATIONS", "1")]).await;
    let created = service.login("ann").await;
    proxy.freeze(ProxyDirection::Replies);
    let mut request = Request::new(ValidateRequest { token: created.token.clone(), ..ValidateRequest::default() });
    request.set_timeout(Duration::from_millis(100));
    let answer = timeout(ANSWER_TIMEOUT, service.sessions().validate(request)).await.expect("a response in time");
    let status = answer.expect_err("no verdict");
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    // The store is still frozen; only the permit must be free, and it serves a call that needs no store.
    eventually("the permit is free", || async { validate(&service.channel, "nonsense").await.is_ok() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_gives_up_for_callers_that_would_wait_for_ever() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SERVER__REQUEST_TIMEOUT", "100ms")]).await;
    proxy.freeze(ProxyDirection::Replies);
    let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    let answer = timeout(ANSWER_TIMEOUT, service.sessions().list(list)).await.expect("a response in time");
    let status = answer.expect_err("no list");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!(status.metadata().contains_key("x-request-id"), "the response is from the node itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_under_way_is_answered_before_the_node_ends() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SHUTDOWN__DEADLINE", "1m")]).await;
    let created = service.login("ann").await;
    let TestService { node, channel, redis, .. } = service;
    let (grpc, management) = (node.grpc, node.management);
    proxy.freeze(ProxyDirection::Replies);
    let call = validate(&channel, &created.token);
    let stop = async {
        eventually("the call is in flight", || async {
            get(management, "/metrics").await.1.contains("session_authority_grpc_calls_in_flight 1\n")
        })
        .await;
        let thaw = async {
            eventually("no connection is accepted", || async { TcpStream::connect(grpc).await.is_err() }).await;
            proxy.thaw(ProxyDirection::Replies);
        };
        tokio::join!(node.stop(), thaw).0
    };
    let (answer, stopped) = tokio::join!(call, stop);
    answer.expect("a verdict");
    assert!(stopped, "it ends before its deadline");
    drop(redis);
}
