//! Bursts of cancelled calls: of a client whose deadline has passed, and of an attacker.

use prost::Message;
use session_authority::api::ValidateRequest;
use tokio::net::TcpStream;

use super::frames::framed;
use crate::{
    service::fixture::TestService,
    support::raw_h2::{
        ConnectionFate, PREFACE, cancelled_call_frames, message, observe_fate, open_call_frame, settings,
    },
};

const VALIDATE: &str = "/session.v1.SessionService/Validate";

/// `ENHANCE_YOUR_CALM` (RFC 9113 §7).
const TOO_MUCH: u32 = 11;

/// Cancels `calls` calls before the node can have processed one of them, and makes another one. Returns the outcome.
async fn fate_after(service: &TestService, calls: u32) -> ConnectionFate {
    let mut bytes = [PREFACE, &settings()].concat();
    (0..calls).for_each(|number| bytes.extend(cancelled_call_frames(2 * number + 1, VALIDATE)));
    let last = 2 * calls + 1;
    let request = ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() };
    bytes.extend([open_call_frame(last, VALIDATE), message(last, &framed(&request.encode_to_vec()))].concat());
    let mut connection = TcpStream::connect(service.node.grpc).await.expect("a connection");
    observe_fate(&mut connection, &bytes, last).await
}

#[tokio::test]
async fn two_hundred_calls_cancelled_at_once_leave_the_others_alone() {
    let service = TestService::on_sqlite().await;
    assert_eq!(fate_after(&service, 200).await, ConnectionFate::Answered(401));
    assert_eq!(fate_after(&service, 900).await, ConnectionFate::Answered(1_801));
}

#[tokio::test]
async fn a_flood_of_cancelled_calls_ends_its_connection() {
    // With one call at a time, four may be cancelled before they are processed.
    let service = TestService::start(None, &[("SERVER__MAX_CONCURRENT_STREAMS", "1")]).await;
    assert_eq!(fate_after(&service, 200).await, ConnectionFate::GoingAway(TOO_MUCH));
    assert_eq!(fate_after(&service, 1).await, ConnectionFate::Answered(3));
}
