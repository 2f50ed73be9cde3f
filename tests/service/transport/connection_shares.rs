//! The number of connections that one caller may hold while others need some.

use std::pin::pin;

use futures_util::future::{Either, select};
use session_authority::{api::ValidateRequest, domain::CallerRole};
use tonic::Code;

use super::{h2_client::H2Client, h2_stream::NORMAL_WINDOW};
use crate::service::{
    callers::{KeyRing, directory, guarded_with},
    fixture::TestService,
};

const VALIDATE: &str = "/session.v1.SessionService/Validate";
const LONG_UNAUTHENTICATED_TIMEOUT: (&str, &str) = ("SERVER__UNAUTHENTICATED_TIMEOUT", "10m");

/// More calls without a valid key than a connection may have.
const TOO_MANY: usize = 1_100;

fn nonsense() -> ValidateRequest {
    ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() }
}

/// Calls `Validate` under `key` on `client`. Returns `None` if the connection has ended.
async fn status_code(client: &mut H2Client, key: &str) -> Option<Code> {
    client.status(VALIDATE, Some(key), &nonsense()).await
}

/// Starts a node for four connections. Returns it with a key of role `metrics` and one that may call `Validate`.
async fn node_for_four(share: &str) -> (TestService, String, String) {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let (scraper, gateway) =
        (ring.add("scraper", CallerRole::Metrics, &[]), ring.add("gateway", CallerRole::Validator, &[]));
    let settings = [("SERVER__MAX_CONNECTIONS", "4"), ("SERVER__CALLER_SHARE", share), LONG_UNAUTHENTICATED_TIMEOUT];
    (guarded_with(directory, &settings).await, scraper, gateway)
}

/// Opens four connections and makes one call on each, which the role of `key` does not permit.
async fn take_all_connections(service: &TestService, key: &str) -> Vec<H2Client> {
    let mut taken = Vec::new();
    for _ in 0..4 {
        let mut client = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
        assert_eq!(status_code(&mut client, key).await, Some(Code::PermissionDenied));
        taken.push(client);
    }
    taken
}

#[tokio::test]
async fn one_caller_cannot_take_every_connection() {
    let (service, scraper, gateway) = node_for_four("0.5").await;
    let mut taken = take_all_connections(&service, &scraper).await;
    let mut newcomer = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    assert_eq!(status_code(&mut newcomer, &gateway).await, Some(Code::Ok), "another caller is accepted");
    taken[2].wait_until_ended().await;
    for within_share in &mut taken[..2] {
        assert_eq!(status_code(within_share, &scraper).await, Some(Code::PermissionDenied), "on the same connection");
    }
    // The same holds for any number of connections.
    for _ in 0..8 {
        let mut more = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
        assert_eq!(status_code(&mut more, &scraper).await, Some(Code::PermissionDenied));
        taken.push(more);
    }
    assert_eq!(status_code(&mut newcomer, &gateway).await, Some(Code::Ok), "on the same connection");
}

/// The purpose of the share: without it, another caller has to wait.
#[tokio::test]
async fn without_a_share_one_caller_takes_every_connection() {
    let (service, scraper, gateway) = node_for_four("1.0").await;
    let mut taken = take_all_connections(&service, &scraper).await;
    let newcomer = pin!(async {
        let mut client = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
        status_code(&mut client, &gateway).await
    });
    let busy = Box::pin(async {
        for _ in 0..100 {
            for client in &mut taken {
                assert_eq!(status_code(client, &scraper).await, Some(Code::PermissionDenied), "on the same connection");
            }
        }
    });
    let newcomer = match select(newcomer, busy).await {
        Either::Left((code, _)) => panic!("the other caller was accepted: {code:?}"),
        Either::Right(((), newcomer)) => newcomer,
    };
    drop(taken);
    assert_eq!(newcomer.await, Some(Code::Ok), "a connection is free");
}

#[tokio::test]
async fn a_connection_whose_key_was_revoked_ends_after_so_many_calls() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let (revoked, valid) =
        (ring.add("former", CallerRole::Validator, &[]), ring.add("gateway", CallerRole::Validator, &[]));
    let service = guarded_with(directory, &[LONG_UNAUTHENTICATED_TIMEOUT]).await;
    let mut client = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    let mut mixed = H2Client::connect(service.node.grpc, NORMAL_WINDOW).await;
    for client in [&mut client, &mut mixed] {
        assert_eq!(status_code(client, &revoked).await, Some(Code::Ok));
    }
    ring.revoke("former");
    while status_code(&mut mixed, &revoked).await != Some(Code::Unauthenticated) {
        tokio::task::yield_now().await;
    }
    let mut ended = false;
    for call in 0..TOO_MANY {
        ended = ended || status_code(&mut client, &revoked).await.is_none();
        // A success in between shows that the connection still belongs to a caller.
        let key = if call % 2 == 0 { &revoked } else { &valid };
        assert!(status_code(&mut mixed, key).await.is_some(), "call {call}");
    }
    assert!(ended, "no caller is authenticated on it any more");
    for call in 0..TOO_MANY {
        let key = if call % 2 == 0 { &revoked } else { &valid };
        assert!(status_code(&mut mixed, key).await.is_some(), "call {call}");
    }
}
