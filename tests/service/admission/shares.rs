//! The share of each caller in every budget.

use futures_util::{StreamExt, stream::FuturesUnordered};
use session_authority::{
    api::{
        Consistency, ListRequest, RevokeRequest, SearchSessionsRequest, StreamAlertsRequest, ValidateRequest,
        ValidateStreamRequest, revoke_request::Target, session_service_client::SessionServiceClient,
    },
    domain::CallerRole,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{GuardedNode, keys_in};
use crate::{
    audit::fixture::{address_of, with_address},
    service::{
        alerts::watch::AlertWatch,
        callers::directory,
        fixture::{TestService, channel_to, error_parts, eventually, login_of, signed},
        management::get,
    },
    support::{
        postgres::PostgresServer,
        proxy::{ProxyDirection, TcpProxy},
    },
};

fn strong(token: &str) -> ValidateRequest {
    let consistency = Consistency::Strong.into();
    ValidateRequest { token: token.to_owned(), consistency, ..ValidateRequest::default() }
}

fn nonsense() -> ValidateRequest {
    ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() }
}

async fn metrics_show(service: &TestService, line: &str) {
    let line = format!("session_authority_{line}\n");
    eventually(&line, || async { get(service.node.management, "/metrics").await.1.contains(&line) }).await;
}

const TWO_GATEWAYS: [(&str, CallerRole); 3] =
    [("flood", CallerRole::Validator), ("gateway", CallerRole::Validator), ("login", CallerRole::Issuer)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_caller_leaves_places_for_another() {
    for (share, places, reason) in [("0.5", 4, "CALLER_SHARE_USED"), ("1.0", 8, "OVERLOADED")] {
        let settings = [("SERVER__CONCURRENCY__VALIDATIONS", "8"), ("SERVER__CALLER_SHARE", share)];
        let GuardedNode { service, proxy, keys } = GuardedNode::start(&TWO_GATEWAYS, &settings).await;
        let created = service.sessions().create(signed(&keys[2], login_of("ann"))).await.expect("a session");
        let token = created.into_inner().token;
        proxy.freeze(ProxyDirection::Replies);
        let validate = |key: &str| {
            let (mut sessions, request) = (service.sessions(), signed(key, strong(&token)));
            async move { sessions.validate(request).await.map(drop) }
        };
        let mut flood: FuturesUnordered<_> = (0..20).map(|_| validate(&keys[0])).collect();
        for _ in places..20 {
            let status = flood.next().await.expect("a response").expect_err("beyond its share");
            assert_eq!(error_parts(&status), (Code::ResourceExhausted, reason.to_owned(), vec![]));
            assert!(status.get_error_details().retry_info().is_some());
        }
        metrics_show(&service, &format!("admission_permits_in_use{{budget=\"validations\"}} {places}")).await;
        let other = service.sessions().validate(signed(&keys[1], nonsense())).await;
        assert_eq!(other.is_ok(), places < 8, "it gets a permit only with shares");
        proxy.thaw(ProxyDirection::Replies);
        while let Some(answer) = flood.next().await {
            answer.expect("a verdict");
        }
        metrics_show(&service, "admission_permits_in_use{budget=\"validations\"} 0").await;
    }
}

/// Opens a stream and sends a check on it.
async fn ask(
    service: &TestService,
    key: &str,
    requests: Vec<ValidateRequest>,
) -> tonic::Streaming<session_authority::api::ValidateStreamResponse> {
    let (sender, receiver) = mpsc::channel(requests.len());
    for (tag, request) in (0..).zip(requests) {
        sender.send(ValidateStreamRequest { tag, request: Some(request) }).await.expect("room");
    }
    let mut sessions = SessionServiceClient::new(channel_to(&service.node).await);
    let answers = sessions.validate_stream(signed(key, ReceiverStream::new(receiver))).await.expect("a stream");
    drop(sender);
    answers.into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_of_one_callers_streams_do_not_hold_up_anothers() {
    for (share, are_held_up) in [("0.5", false), ("1.0", true)] {
        let settings = [("SERVER__CONCURRENCY__VALIDATIONS", "8"), ("SERVER__CALLER_SHARE", share)];
        let GuardedNode { service, proxy, keys } = GuardedNode::start(&TWO_GATEWAYS, &settings).await;
        let created = service.sessions().create(signed(&keys[2], login_of("ann"))).await.expect("a session");
        let token = created.into_inner().token;
        proxy.freeze(ProxyDirection::Replies);
        let mut flood = ask(&service, &keys[0], vec![strong(&token); 50]).await;
        metrics_show(&service, "validate_stream_checks_in_flight 50").await;
        let mut other = ask(&service, &keys[1], vec![nonsense()]).await;
        if are_held_up {
            metrics_show(&service, "validate_stream_checks_in_flight 51").await;
            proxy.thaw(ProxyDirection::Replies);
        }
        // This check needs no store.
        other.message().await.expect("no error").expect("a response");
        proxy.thaw(ProxyDirection::Replies);
        for _ in 0..50 {
            flood.message().await.expect("no error").expect("a response");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_consumer_of_alerts_leaves_streams_for_another() {
    for (share, streams, reason) in [("0.5", 4, "CALLER_SHARE_USED"), ("1.0", 8, "OVERLOADED")] {
        let directory = directory();
        let keys = keys_in(&directory, &[("one", CallerRole::Alerts), ("other", CallerRole::Alerts)]);
        let settings =
            [("CALLERS__ANONYMOUS", "false"), ("ALERTS__MAX_SUBSCRIBERS", "8"), ("SERVER__CALLER_SHARE", share)];
        let service = TestService::start_in(directory, None, &settings).await;
        let mut open = Vec::new();
        let refused: Status = loop {
            match AlertWatch::try_begin(&service.channel, &keys[0], StreamAlertsRequest::default()).await {
                Ok(watch) => open.push(watch),
                Err(status) => break status,
            }
        };
        assert_eq!((open.len(), error_parts(&refused).1), (streams, reason.to_owned()));
        let other = AlertWatch::try_begin(&service.channel, &keys[1], StreamAlertsRequest::default()).await;
        assert_eq!(other.is_ok(), streams < 8, "it gets a stream only with shares");
        drop((open, other));
        metrics_show(&service, "admission_permits_in_use{budget=\"alerts\"} 0").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_calls_of_administrators_take_no_place_of_revocations_or_lists() {
    let postgres = PostgresServer::shared().await.database().await;
    session_authority::audit::migrate(&postgres).await.expect("the schema");
    let proxy = TcpProxy::start(address_of(&postgres)).await;
    let url = with_address(&postgres, proxy.address());
    let settings = [
        ("AUDIT__URL", url.as_str()),
        ("SERVER__CONCURRENCY__ADMIN", "2"),
        ("SERVER__CONCURRENCY__REVOCATIONS", "2"),
        ("SERVER__CONCURRENCY__READS", "2"),
    ];
    let service = TestService::start(None, &settings).await;
    proxy.freeze(ProxyDirection::Replies);
    let search = || {
        let mut admin = service.admin();
        async move { admin.search_sessions(SearchSessionsRequest::default()).await.map(drop) }
    };
    let mut searches: FuturesUnordered<_> = (0..6).map(|_| search()).collect();
    for _ in 2..6 {
        let status = searches.next().await.expect("a response").expect_err("no permit");
        assert_eq!(error_parts(&status).1, "OVERLOADED");
    }
    metrics_show(&service, "admission_permits_in_use{budget=\"admin\"} 2").await;
    for _ in 0..5 {
        let target = Some(Target::Token("nonsense".to_owned()));
        service.sessions().revoke(RevokeRequest { target, ..RevokeRequest::default() }).await.expect("a revocation");
        let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
        service.sessions().list(list).await.expect("a list");
    }
    proxy.thaw(ProxyDirection::Replies);
}
