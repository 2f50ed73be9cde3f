//! A call gets a permit only after its caller is known and its message has arrived.

use futures_util::{StreamExt, stream::FuturesUnordered};
use prost::Message;
use session_authority::{
    api::{ListRequest, PurgeRequest, RevokeRequest, ValidateRequest, revoke_request::Target},
    domain::CallerRole,
};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{
    GuardedNode, keys_in,
    partial_request::{PartialRequest, RawConnection},
};
use crate::service::{
    callers::directory,
    fixture::{TestService, error_parts, eventually, signed},
    management::get,
    transport::frames::framed,
};

const REVOKE: &str = "session.v1.SessionService/Revoke";
const PURGE: &str = "session.v1.AdminService/Purge";
const VALIDATE: &str = "session.v1.SessionService/Validate";
const LIST: &str = "session.v1.SessionService/List";
const SEARCH: &str = "session.v1.AdminService/SearchSessions";
const STREAM_ALERTS: &str = "session.v1.SessionService/StreamAlerts";
const HEALTH: &str = "grpc.health.v1.Health/Check";

/// Permits of each budget: far fewer than there are calls.
const FEW: [(&str, &str); 5] = [
    ("SERVER__CONCURRENCY__VALIDATIONS", "2"),
    ("SERVER__CONCURRENCY__WRITES", "2"),
    ("SERVER__CONCURRENCY__REVOCATIONS", "2"),
    ("SERVER__CONCURRENCY__READS", "2"),
    ("SERVER__CONCURRENCY__ADMIN", "2"),
];
const LONG_MESSAGE_TIMEOUT: (&str, &str) = ("SERVER__MESSAGE_TIMEOUT", "1m");

/// Asserts that calls which need a permit but no store succeed.
async fn assert_serves(service: &TestService, admin: &str, gateway: &str) {
    let target = Some(Target::Token("nonsense".to_owned()));
    let revoke = RevokeRequest { target, ..RevokeRequest::default() };
    service.sessions().revoke(signed(admin, revoke)).await.expect("a revocation");
    let validate = ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() };
    service.sessions().validate(signed(gateway, validate)).await.expect("a verdict");
    let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    service.sessions().list(signed(admin, list)).await.expect("a list");
    service.admin().purge(signed(admin, PurgeRequest::default())).await.expect("a purge");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_whose_role_does_not_allow_it_is_refused_by_its_headers() {
    let callers =
        [("scraper", CallerRole::Metrics), ("console", CallerRole::Admin), ("gateway", CallerRole::Validator)];
    let GuardedNode { service, proxy: _proxy, keys } =
        GuardedNode::start(&callers, &[&FEW[..], &[LONG_MESSAGE_TIMEOUT]].concat()).await;
    let mut connection = RawConnection::open(service.node.grpc).await;
    for method in [PURGE, REVOKE, VALIDATE, LIST, SEARCH, STREAM_ALERTS] {
        for _ in 0..8 {
            let mut half = connection.begin(method, Some(&keys[0])).await;
            let status = half.status().await;
            assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]), "{method}");
        }
    }
    let status = connection.begin(REVOKE, None).await.status().await;
    assert_eq!(error_parts(&status).0, Code::Unauthenticated);
    assert_serves(&service, &keys[1], &keys[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_do_not_go_on_hold_no_place() {
    let callers = [("console", CallerRole::Admin), ("gateway", CallerRole::Validator), ("slow", CallerRole::Admin)];
    let GuardedNode { service, proxy: _proxy, keys } =
        GuardedNode::start(&callers, &[&FEW[..], &[LONG_MESSAGE_TIMEOUT]].concat()).await;
    let mut connection = RawConnection::open(service.node.grpc).await;
    let mut half = Vec::new();
    for method in [PURGE, REVOKE, LIST, SEARCH, STREAM_ALERTS] {
        for part in [&b""[..], b"\0\0\0\0\x09a", b"\0\0\0\0\0"] {
            for _ in 0..2 {
                let mut begun = connection.begin(method, Some(&keys[2])).await;
                if !part.is_empty() {
                    begun.body.send_data(part.into(), false).expect("sent");
                }
                half.push(begun);
            }
        }
    }
    for _ in 0..4 {
        half.push(connection.begin(VALIDATE, Some(&keys[1])).await);
    }
    let all = half.len();
    eventually("all messages are being received", || async {
        let metrics = get_metrics(&service).await;
        metrics.contains(&format!("session_authority_admission_permits_in_use{{budget=\"receiving\"}} {all}\n"))
    })
    .await;
    assert_serves(&service, &keys[0], &keys[1]).await;
    // They can proceed nevertheless.
    let mut validation = half.pop().expect("a partial request");
    let message = ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() };
    validation.body.send_data(framed(&message.encode_to_vec()).into(), true).expect("sent");
    validation.wait_for_success().await;
}

async fn get_metrics(service: &TestService) -> String {
    get(service.node.management, "/metrics").await.1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_does_not_come_is_not_waited_for() {
    let callers = [("console", CallerRole::Admin), ("gateway", CallerRole::Validator)];
    let soon = [("SERVER__MESSAGE_TIMEOUT", "100ms")];
    let GuardedNode { service, proxy: _proxy, keys } = GuardedNode::start(&callers, &soon).await;
    let mut connection = RawConnection::open(service.node.grpc).await;
    let half = framed(&[0; 9])[..9].to_vec();
    let unended = framed(&[]);
    for part in [Vec::new(), half, unended] {
        let key_of = |method: &str| (method != HEALTH).then(|| if method == VALIDATE { &keys[1] } else { &keys[0] });
        for method in [VALIDATE, REVOKE, LIST, SEARCH, STREAM_ALERTS, HEALTH] {
            let mut begun = connection.begin(method, key_of(method).map(String::as_str)).await;
            if !part.is_empty() {
                begun.body.send_data(part.clone().into(), false).expect("sent");
            }
            let status = begun.status().await;
            let expected = (Code::DeadlineExceeded, "REQUEST_NOT_RECEIVED".to_owned(), vec![]);
            assert_eq!(error_parts(&status), expected, "{method} {part:?}");
            assert!(status.message().contains("server.message_timeout"), "{}", status.message());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_whose_own_deadline_passes_is_not_advised_to_change_a_setting() {
    let callers = [("gateway", CallerRole::Validator)];
    let GuardedNode { service, proxy: _proxy, keys } = GuardedNode::start(&callers, &[LONG_MESSAGE_TIMEOUT]).await;
    let mut connection = RawConnection::open(service.node.grpc).await;
    let mut begun = connection.begin_within(VALIDATE, Some(&keys[0]), Some("100m")).await;
    let status = begun.status().await;
    let expected = (Code::DeadlineExceeded, "REQUEST_NOT_RECEIVED".to_owned(), vec![]);
    assert_eq!(error_parts(&status), expected);
    assert!(!status.message().contains("server.message_timeout"), "{}", status.message());
    assert!(status.message().contains("grpc-timeout"), "{}", status.message());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_requests_of_one_caller_leave_room_for_those_of_another() {
    for (share, others_get_in) in [("0.5", true), ("1.0", false)] {
        let settings = [LONG_MESSAGE_TIMEOUT, ("SERVER__CONCURRENCY__RECEIVING", "8"), ("SERVER__CALLER_SHARE", share)];
        let callers = [("flood", CallerRole::Admin), ("console", CallerRole::Admin)];
        let GuardedNode { service, proxy: _proxy, keys } = GuardedNode::start(&callers, &settings).await;
        let mut connection = RawConnection::open(service.node.grpc).await;
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(connection.begin(REVOKE, Some(&keys[0])).await);
        }
        let taken = if others_get_in { 4 } else { 8 };
        eventually("the limit of partial requests is reached", || async {
            let line = format!("session_authority_admission_permits_in_use{{budget=\"receiving\"}} {taken}\n");
            get_metrics(&service).await.contains(&line)
        })
        .await;
        let mut other = connection.begin(REVOKE, Some(&keys[1])).await;
        if others_get_in {
            let revoke =
                RevokeRequest { target: Some(Target::Token("nonsense".to_owned())), ..RevokeRequest::default() };
            eventually("its message is being received", || async {
                let line = "session_authority_admission_permits_in_use{budget=\"receiving\"} 5\n";
                get_metrics(&service).await.contains(line)
            })
            .await;
            other.body.send_data(framed(&revoke.encode_to_vec()).into(), true).expect("sent");
            other.wait_for_success().await;
        } else {
            assert_eq!(error_parts(&other.status().await).1, "OVERLOADED");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_served_despite_unfinished_requests_of_strangers() {
    let directory = directory();
    keys_in(&directory, &[("login", CallerRole::Issuer)]);
    let settings =
        [LONG_MESSAGE_TIMEOUT, ("CALLERS__ANONYMOUS", "false"), ("SERVER__CONCURRENCY__UNAUTHENTICATED", "4")];
    let service = TestService::start_in(directory, None, &settings).await;
    let mut connection = RawConnection::open(service.node.grpc).await;
    let mut held: Vec<PartialRequest> = Vec::new();
    for _ in 0..8 {
        held.push(connection.begin(HEALTH, None).await);
    }
    // Calls beyond the limit are refused.
    let mut answers: FuturesUnordered<_> = held.iter_mut().map(PartialRequest::status).collect();
    for _ in 0..4 {
        let status = answers.next().await.expect("a response");
        assert_eq!(error_parts(&status).1, "OVERLOADED");
    }
    eventually("the limit of partial requests is reached", || async {
        let line = "session_authority_admission_permits_in_use{budget=\"unauthenticated\"} 4\n";
        get_metrics(&service).await.contains(line)
    })
    .await;
    let mut health = HealthClient::new(service.channel.clone());
    health.check(HealthCheckRequest::default()).await.expect("a response");
}
