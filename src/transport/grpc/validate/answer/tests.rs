use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::{
    authority::LiveSession,
    domain::{
        Device, DeviceType, EndReason, Owner, Record, RejectReason, Session, SessionClock, SessionId, TokenRejection,
        UnixMillis, UserHandle,
    },
    transport::grpc::response::{self, encode_cached_session},
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "\\PC{0,20}", "[a-z]{4000}"]
}

fn millis() -> impl Strategy<Value = UnixMillis> {
    prop_oneof![Just(0), any::<u64>()].prop_map(UnixMillis::new)
}

prop_compose! {
    fn random_sessions()(
        id in (any::<[u8; 12]>(), any::<[u8; 8]>()),
        user in "\\PC{1,20}",
        email in text(),
        roles in prop::collection::vec(text(), 0..4),
        name in text(),
        times in [millis(), millis(), millis(), millis()],
        idle in any::<u32>(),
        revision in any::<u32>(),
        remembered in any::<bool>(),
        assurance_level in 0..=100_u32,
    ) -> Session {
        let [created_at, authenticated_at, last_active, expires_at] = times;
        Session {
            id: SessionId { handle: UserHandle(id.0), unique: id.1 },
            owner: Owner::new("", &user).expect("an owner"),
            record: Record {
                revision,
                email,
                roles: roles.clone(),
                device: Device { name, kind: DeviceType::Mobile, ..Device::default() },
                created_at,
                authenticated_at,
                remembered,
                auth_methods: roles,
                assurance_level,
                ..Record::sample()
            },
            clock: SessionClock {
                last_active,
                idle_timeout: Duration::from_millis(idle.into()),
                idle_margin: Duration::ZERO,
                expires_at,
                device: [0; 8],
            },
        }
    }
}

fn encode_to_vec(message: &impl WireEncode) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

fn verdict(session: &Session, active: UnixMillis) -> TokenVerdict {
    let live = Arc::new(LiveSession::new(session.clone(), encode_cached_session));
    let clock = SessionClock { last_active: active, ..session.clock };
    TokenVerdict {
        outcome: Ok(ValidatedSession { session: live, clock, rotate_after: None }),
        as_of: active,
        source: VerdictSource::Cache,
    }
}

/// Returns the same answer, built as a message.
fn message(mut session: Session, active: UnixMillis) -> api::ValidateResponse {
    session.clock.last_active = active;
    api::ValidateResponse {
        outcome: Some(api::validate_response::Outcome::Session(response::session(session, None))),
        source: api::Source::Cache.into(),
        as_of: Some(timestamp(active)),
        cache_ttl: Some(prost_types::Duration::default()),
        rotate_after: None,
    }
}

proptest! {
    #[test]
    fn a_session_is_written_as_the_message_that_it_is(
        session in random_sessions(),
        active in millis(),
        tag in any::<u64>(),
    ) {
        let expected = message(session.clone(), active);
        let answer = ValidateAnswer::from(verdict(&session, active));
        let bytes = encode_to_vec(&answer);
        prop_assert_eq!(bytes.len(), answer.encoded_len());
        prop_assert_eq!(bytes.len(), expected.encoded_len());
        prop_assert_eq!(api::ValidateResponse::decode(&bytes[..]), Ok(expected.clone()));

        let tagged = TaggedAnswer { tag, result: Ok(verdict(&session, active).into()) };
        let decoded = api::ValidateStreamResponse::decode(&encode_to_vec(&tagged)[..]).expect("a message");
        let result = Some(api::validate_stream_response::Result::Response(expected));
        prop_assert_eq!(decoded, api::ValidateStreamResponse { tag, result });
    }
}

#[test]
fn a_rejection_and_a_failure_are_written_as_the_messages_that_they_are() {
    let refused = TokenRejection::from_reason(RejectReason::Ended(EndReason::Revoked));
    let verdict =
        TokenVerdict { outcome: Err(refused.clone()), as_of: UnixMillis::new(5), source: VerdictSource::Store };
    let decoded = api::ValidateResponse::decode(&encode_to_vec(&ValidateAnswer::from(verdict))[..]).expect("a message");
    assert_eq!(decoded.outcome, Some(api::validate_response::Outcome::Rejection(rejection(refused))));
    assert_eq!((decoded.source(), decoded.as_of), (api::Source::Store, Some(timestamp(UnixMillis::new(5)))));

    let failure = api::ValidateFailure { code: 14, message: "later".to_owned(), ..api::ValidateFailure::default() };
    let tagged = TaggedAnswer { tag: 0, result: Err(failure.clone()) };
    let decoded = api::ValidateStreamResponse::decode(&encode_to_vec(&tagged)[..]).expect("a message");
    assert_eq!(decoded.result, Some(api::validate_stream_response::Result::Failure(failure)));
}
