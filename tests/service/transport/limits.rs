//! Requests beyond a limit are refused, and others proceed.

use std::pin::pin;

use futures_util::future::select;
use session_authority::api::{RevokeRequest, revoke_request::Target};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt;

use super::{FreezableNode, validate};
use crate::{
    service::fixture::{TestService, error_parts},
    support::proxy::ProxyDirection,
};

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_its_connection_goes_on() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let status = validate(&service.channel, &"x".repeat(65 * 1024)).await.expect_err("too large");
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    service.validate(&created.token).await.expect("an active session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_validations_are_refused_while_sessions_can_be_ended() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SERVER__CONCURRENCY__VALIDATIONS", "1")]).await;
    let created = service.login("ann").await;
    proxy.freeze(ProxyDirection::Replies);
    let first = pin!(validate(&service.channel, &created.token));
    let second = pin!(validate(&service.channel, &created.token));
    // The later one of the two finds no free permit.
    let (refused, admitted) = select(first, second).await.factor_first();
    let status = refused.expect_err("one at a time");
    assert_eq!(error_parts(&status), (Code::ResourceExhausted, "OVERLOADED".into(), vec![]));
    assert!(status.get_error_details().retry_info().is_some_and(|retry| retry.retry_delay.is_some()));

    // The token is invalid, so the call needs no store.
    let revoke = RevokeRequest { target: Some(Target::Token("nonsense".to_owned())), ..RevokeRequest::default() };
    service.sessions().revoke(revoke).await.expect("another budget");
    let mut health = HealthClient::new(service.channel.clone());
    health.check(HealthCheckRequest::default()).await.expect("a call without a budget");

    proxy.thaw(ProxyDirection::Replies);
    admitted.await.expect("a verdict");
    service.validate(&created.token).await.expect("the permit is free again");
}
