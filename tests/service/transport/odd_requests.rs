//! Unusual requests: data from a browser never makes a call fail, and everything else that is invalid is refused with
//! its name.

use std::{future::poll_fn, time::Duration};

use http::{Method, Request, StatusCode};
use prost::{Message, bytes::Bytes};
use prost_types::{FieldMask, Timestamp};
use session_authority::api::{
    CreateRequest, CreateResponse, GetStatsRequest, ListEventsRequest, ListRequest, RejectReason, RevokeAllResponse,
    RevokeResponse, RevokeWhereRequest, SearchSessionsRequest, Session, SessionFilter, TimeWindow, UpdateRequest,
    UserScope, ValidateRequest, ValidateResponse, ValidateStreamResponse, validate_response::Outcome,
    validate_stream_response::Result as Answer,
};
use tokio::{net::TcpStream, task::JoinSet};
use tonic::{Code, Status, client::Grpc, metadata::MetadataMap};
use tonic_prost::ProstCodec;

use crate::service::fixture::{TestService, call, error_parts, id_of, login_of, reason_of};

/// `ClientContext`, with bytes in place of texts.
#[derive(Clone, PartialEq, Message)]
struct RawClient {
    #[prost(bytes = "vec", tag = "2")]
    user_agent: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    accept_language: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    accept_encoding: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    device_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RawCreate {
    #[prost(bytes = "vec", tag = "2")]
    user_id: Vec<u8>,
    #[prost(message, optional, tag = "6")]
    client: Option<RawClient>,
}

#[derive(Clone, PartialEq, Message)]
struct RawValidate {
    #[prost(bytes = "vec", tag = "1")]
    token: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    client: Option<RawClient>,
}

#[derive(Clone, PartialEq, Message)]
struct RawValidateStream {
    #[prost(uint64, tag = "1")]
    tag: u64,
    #[prost(message, optional, tag = "2")]
    request: Option<RawValidate>,
}

#[derive(Clone, PartialEq, Message)]
struct RawRevoke {
    #[prost(bytes = "vec", tag = "4")]
    token: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RawRevokeAll {
    #[prost(message, optional, tag = "1")]
    user: Option<UserScope>,
    #[prost(bytes = "vec", tag = "5")]
    except_token: Vec<u8>,
}

fn odd_client() -> RawClient {
    RawClient {
        user_agent: b"Mozilla/5.0 \xff\xfe (X11)".to_vec(),
        accept_language: b"de\xe9".to_vec(),
        accept_encoding: b"\x80gzip".to_vec(),
        device_id: b"d\xc3".to_vec(),
    }
}

async fn unary<Q, A>(service: &TestService, method: &str, request: Q) -> Result<A, Status>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    let mut client = Grpc::new(service.channel.clone());
    client.ready().await.expect("a connection");
    let path = format!("/session.v1.SessionService/{method}").parse().expect("a path");
    let answer = client.unary(tonic::Request::new(request), path, ProstCodec::<Q, A>::default()).await;
    answer.map(tonic::Response::into_inner)
}

async fn streamed(service: &TestService, requests: Vec<RawValidateStream>) -> Vec<ValidateStreamResponse> {
    let mut client = Grpc::new(service.channel.clone());
    client.ready().await.expect("a connection");
    let path = "/session.v1.SessionService/ValidateStream".parse().expect("a path");
    let requests = tonic::Request::new(tokio_stream::iter(requests));
    let answers = client.streaming(requests, path, ProstCodec::default()).await.expect("a stream");
    let mut answers = answers.into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await.expect("no error") {
        all.push(answer);
    }
    all
}

fn verdict(answer: ValidateResponse) -> Result<Session, RejectReason> {
    match answer.outcome.expect("an outcome") {
        Outcome::Session(session) => Ok(session),
        Outcome::Rejection(rejection) => Err(rejection.reason()),
    }
}

#[tokio::test]
async fn a_token_that_is_not_utf8_gets_a_verdict() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let cut = &created.token.as_bytes()[..20];
    for token in
        [&b"\xff"[..], b"sa_\xc3(", &[cut, b"\xe2\x82"].concat(), &[created.token.as_bytes(), b"\xff"].concat()]
    {
        let request = RawValidate { token: token.to_vec(), client: None };
        let answer = unary(&service, "Validate", request.clone()).await.expect("a verdict");
        assert_eq!(verdict(answer), Err(RejectReason::Malformed));
        let good = RawValidate { token: created.token.clone().into_bytes(), client: Some(odd_client()) };
        let requests =
            [(1, request), (2, good)].map(|(tag, request)| RawValidateStream { tag, request: Some(request) });
        let mut answers = streamed(&service, requests.into()).await;
        answers.sort_by_key(|answer| answer.tag);
        let verdicts = answers.into_iter().map(|answer| match answer.result.expect("a result") {
            Answer::Response(response) => verdict(response).map(|session| session.user_id),
            Answer::Failure(failure) => panic!("{failure:?}"),
        });
        assert_eq!(verdicts.collect::<Vec<_>>(), [Err(RejectReason::Malformed), Ok("ann".to_owned())]);

        let revoke = RawRevoke { token: token.to_vec() };
        let answer: RevokeResponse = unary(&service, "Revoke", revoke).await.expect("a response");
        assert!(!answer.revoked, "no session has this token");
    }
    let user = Some(UserScope { user_id: "ann".to_owned(), ..UserScope::default() });
    let all = RawRevokeAll { user, except_token: b"\xff".to_vec() };
    let status = unary::<_, RevokeAllResponse>(&service, "RevokeAll", all).await.expect_err("no session to keep");
    let expected = (Code::InvalidArgument, "INVALID_FIELD".to_owned(), vec!["except_token".to_owned()]);
    assert_eq!(error_parts(&status), expected, "like any other text that is not a token");
}

#[tokio::test]
async fn headers_of_a_browser_that_are_not_utf8_fail_no_call() {
    for service in [TestService::on_sqlite().await, TestService::on_redis().await] {
        let request = RawCreate { user_id: b"ann".to_vec(), client: Some(odd_client()) };
        let created: CreateResponse = unary(&service, "Create", request).await.expect("a session");
        let device = created.session.expect("a session").device.expect("a device");
        assert_eq!((device.user_agent.as_str(), device.device_id.as_str()), ("Mozilla/5.0 ?? (X11)", "d?"));
        let request = RawValidate { token: created.token.into_bytes(), client: Some(odd_client()) };
        let answer = unary(&service, "Validate", request).await.expect("a verdict");
        assert_eq!(verdict(answer).expect("a session").user_id, "ann");
    }
}

#[tokio::test]
async fn what_the_caller_decides_must_be_utf8() {
    let service = TestService::on_sqlite().await;
    let request = RawCreate { user_id: b"ann\xff".to_vec(), client: Some(odd_client()) };
    let status = unary::<_, CreateResponse>(&service, "Create", request).await.expect_err("no user has this id");
    assert_eq!(error_parts(&status), (Code::InvalidArgument, "MALFORMED_REQUEST".into(), vec![]));
}

const ODD_SECONDS: [i64; 4] = [i64::MIN, -1, 315_576_000_001, i64::MAX];
const ODD_NANOS: [i32; 4] = [i32::MIN, -1, 1_000_000_000, i32::MAX];

/// Returns pairs of seconds and nanoseconds that are neither a valid duration nor a valid time.
fn out_of_range() -> impl Iterator<Item = (i64, i32)> {
    let seconds = ODD_SECONDS.into_iter().map(|seconds| (seconds, 0));
    seconds.chain(ODD_NANOS.map(|nanos| (1, nanos))).chain([(i64::MIN, i32::MIN), (i64::MAX, i32::MAX)])
}

fn field_of<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let (code, reason, fields) = error_parts(&answer.expect_err("out of range"));
    assert_eq!((code, reason.as_str(), fields.len()), (Code::InvalidArgument, "INVALID_FIELD", 1));
    fields.into_iter().next().expect("one")
}

#[tokio::test]
async fn spans_and_times_out_of_range_are_refused_by_the_name_of_their_field() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    for (seconds, nanos) in out_of_range() {
        let span = Some(prost_types::Duration { seconds, nanos });
        let time = Some(Timestamp { seconds, nanos });
        for (request, field) in [
            (CreateRequest { lifetime: span, ..login_of("bob") }, "lifetime"),
            (CreateRequest { idle_timeout: span, ..login_of("bob") }, "idle_timeout"),
            (CreateRequest { authenticated_at: time, ..login_of("bob") }, "authenticated_at"),
        ] {
            assert_eq!(field_of(service.create(request).await), field);
        }
        let validate =
            ValidateRequest { token: created.token.clone(), max_auth_age: span, ..ValidateRequest::default() };
        assert_eq!(field_of(service.sessions().validate(validate.clone()).await), "max_auth_age");
        let update = UpdateRequest {
            session_id: id_of(&created),
            session: Some(Session { authenticated_at: time, ..Session::default() }),
            update_mask: Some(FieldMask { paths: vec!["authenticated_at".to_owned()] }),
            ..UpdateRequest::default()
        };
        assert_eq!(field_of(service.sessions().update(update).await), "session.authenticated_at");

        let stats = GetStatsRequest { step: span, ..GetStatsRequest::default() };
        assert_eq!(field_of(service.admin().get_stats(stats).await), "step");
        for (window, end) in
            [(TimeWindow { start: time, end: None }, "start"), (TimeWindow { start: None, end: time }, "end")]
        {
            let stats = GetStatsRequest { window: Some(window), ..GetStatsRequest::default() };
            assert_eq!(field_of(service.admin().get_stats(stats).await), format!("window.{end}"));
            let events = ListEventsRequest { occurred: Some(window), ..ListEventsRequest::default() };
            assert_eq!(field_of(service.admin().list_events(events).await), format!("occurred.{end}"));
            for (filter, field) in [
                (SessionFilter { created: Some(window), ..SessionFilter::default() }, "created"),
                (SessionFilter { last_active: Some(window), ..SessionFilter::default() }, "last_active"),
            ] {
                let search = SearchSessionsRequest { filter: Some(filter.clone()), ..SearchSessionsRequest::default() };
                let field = format!("filter.{field}.{end}");
                assert_eq!(field_of(service.admin().search_sessions(search).await), field);
                let revoke = RevokeWhereRequest { filter: Some(filter), ..RevokeWhereRequest::default() };
                assert_eq!(field_of(service.admin().revoke_where(revoke).await.map(drop)), field);
            }
        }
    }
    service.validate(&created.token).await.expect("nothing was changed");
}

#[tokio::test]
async fn an_element_of_a_stream_with_a_span_out_of_range_fails_alone() {
    use session_authority::api::{ValidateStreamRequest, session_service_client::SessionServiceClient};
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let odd = out_of_range().map(|(seconds, nanos)| Some(prost_types::Duration { seconds, nanos }));
    let spans: Vec<_> = odd.flat_map(|span| [span, None]).collect();
    let count = spans.len();
    let requests = (0..).zip(spans).map(|(tag, max_auth_age)| {
        let request = ValidateRequest { token: created.token.clone(), max_auth_age, ..ValidateRequest::default() };
        ValidateStreamRequest { tag, request: Some(request) }
    });
    let requests: Vec<_> = requests.collect();
    let mut sessions = SessionServiceClient::new(service.channel.clone());
    let mut answers = sessions.validate_stream(tokio_stream::iter(requests)).await.expect("a stream").into_inner();
    let mut answered = 0;
    while let Some(answer) = answers.message().await.expect("the stream stays open") {
        match answer.result.expect("a result") {
            Answer::Failure(failure) => assert_eq!((answer.tag % 2, failure.field.as_str()), (0, "max_auth_age")),
            Answer::Response(response) => assert!(answer.tag % 2 == 1 && verdict(response).is_ok()),
        }
        answered += 1;
    }
    assert_eq!(answered, count);
}

#[tokio::test]
async fn the_shortest_age_of_a_sign_in_is_not_none_at_all() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let nanosecond = ValidateRequest {
        token: created.token,
        max_auth_age: Some(prost_types::Duration { seconds: 0, nanos: 1 }),
        ..ValidateRequest::default()
    };
    service.validate_request(nanosecond.clone()).await.expect("the shortest possible age");
    service.clock.advance(Duration::from_millis(2));
    let verdict = service.validate_request(nanosecond).await;
    assert_eq!(reason_of(&verdict), RejectReason::StepUpRequired);
    let required = verdict.expect_err("a rejection").required_max_auth_age.expect("an age");
    assert_eq!((required.seconds, required.nanos), (0, 1_000_000));
}

#[tokio::test]
async fn a_malformed_timeout_is_refused_by_its_name() {
    let service = TestService::on_sqlite().await;
    for wrong in ["-1S", "+1S", "1", "S", "123456789m", "1.5S", "1x"] {
        let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
        let mut request = tonic::Request::new(list);
        let header = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-timeout"),
            http::HeaderValue::from_static(wrong),
        )]);
        *request.metadata_mut() = MetadataMap::from_headers(header);
        let status = call(&service.channel, "session.v1.SessionService/List", request).await.expect_err(wrong);
        let expected = (Code::InvalidArgument, "INVALID_FIELD".to_owned(), vec!["grpc-timeout".to_owned()]);
        assert_eq!(error_parts(&status), expected, "{wrong}");
    }
}

/// Returns the HTTP status of a request without a body.
async fn status_of(service: &TestService, method: Method, content_type: Option<&str>) -> StatusCode {
    let stream = TcpStream::connect(service.node.grpc).await.expect("a connection");
    let (sending, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let mut sending: h2::client::SendRequest<Bytes> = sending;
    poll_fn(|context| sending.poll_ready(context)).await.expect("a stream");
    let mut request = Request::builder().method(method).uri("http://localhost/session.v1.SessionService/Validate");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let (answer, _) = sending.send_request(request.body(()).expect("a request"), true).expect("headers are sent");
    answer.await.expect("a response").status()
}

#[tokio::test]
async fn requests_that_are_not_grpc_get_an_http_error() {
    let service = TestService::on_sqlite().await;
    for (method, content_type, status) in [
        (Method::POST, Some("application/grpc"), StatusCode::OK),
        (Method::POST, Some("application/grpc+proto"), StatusCode::OK),
        (Method::POST, Some("application/grpc; charset=utf-8"), StatusCode::OK),
        (Method::POST, Some("application/grpc-web"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, Some("application/json"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, Some("application"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, None, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::GET, Some("application/grpc"), StatusCode::METHOD_NOT_ALLOWED),
        (Method::PUT, None, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(status_of(&service, method.clone(), content_type).await, status, "{method} {content_type:?}");
    }
}
