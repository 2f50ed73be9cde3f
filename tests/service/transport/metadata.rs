//! Metadata of calls, in both directions.

use http::{HeaderMap, HeaderValue};
use session_authority::api::{ListRequest, ValidateRequest};
use tonic::{Code, Request, metadata::MetadataMap};

use crate::service::fixture::{TestService, call, error_parts};

const VALIDATE: &str = "session.v1.SessionService/Validate";
const LIST: &str = "session.v1.SessionService/List";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn with<M>(message: M, name: &'static str, value: &[u8]) -> Request<M> {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_bytes(value).expect("a header"));
    let mut request = Request::new(message);
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    request
}

fn text(metadata: &MetadataMap, name: &str) -> String {
    let values: Vec<_> = metadata.get_all(name).iter().collect();
    assert_eq!(values.len(), 1, "{name} occurs once");
    values[0].to_str().expect("text").to_owned()
}

/// Returns the header `name` of a response and of an error, for requests that have it with `value`.
async fn sent_back(service: &TestService, name: &'static str, value: &[u8]) -> [String; 2] {
    let success = call(&service.channel, VALIDATE, with(ValidateRequest::default(), name, value)).await;
    let failure = call(&service.channel, LIST, with(ListRequest::default(), name, value)).await;
    let failure = failure.expect_err("no user is named");
    assert_eq!(failure.code(), Code::InvalidArgument);
    [text(&success.expect("a verdict"), name), text(failure.metadata(), name)]
}

#[tokio::test]
async fn a_request_id_that_can_be_logged_is_used_and_another_replaced() {
    let service = TestService::on_sqlite().await;
    let longest = "r".repeat(128);
    for good in ["r-1", "/a?b=c;\"{}\"", &longest] {
        assert_eq!(sent_back(&service, "x-request-id", good.as_bytes()).await, [good, good]);
    }
    let too_long = "r".repeat(129);
    for wrong in [too_long.as_bytes(), b"", b"two words", "é".as_bytes(), b"tab\tbed", b"\xff"] {
        let [success, failure] = sent_back(&service, "x-request-id", wrong).await;
        assert_ne!(success, failure, "each call gets a separate ID");
        for made in [success, failure] {
            assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        }
    }
}

#[tokio::test]
async fn a_trace_is_continued_and_a_broken_one_replaced() {
    let service = TestService::on_sqlite().await;
    for part in sent_back(&service, "traceparent", PARENT.as_bytes()).await {
        assert_eq!((&part[..36], &part[52..]), (&PARENT[..36], "-01"), "the same trace");
        assert_ne!(part, PARENT, "a separate span");
    }
    for wrong in [&b"nonsense"[..], b"\xff", PARENT.to_uppercase().as_bytes()] {
        for begun in sent_back(&service, "traceparent", wrong).await {
            assert_eq!(begun.len(), PARENT.len());
            assert_ne!(begun[3..35], PARENT[3..35]);
        }
    }
}

#[tokio::test]
async fn what_is_not_in_the_contract_is_unimplemented() {
    let service = TestService::on_sqlite().await;
    for method in ["session.v1.SessionService/Nope", "session.v2.SessionService/Create", "nope"] {
        let status = call(&service.channel, method, with((), "x-request-id", b"r-1")).await.expect_err(method);
        assert_eq!(error_parts(&status), (Code::Unimplemented, "METHOD_NOT_SERVED".into(), vec![]), "{method}");
        assert_eq!(text(status.metadata(), "x-request-id"), "r-1");
    }
}
