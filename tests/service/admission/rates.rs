//! The rate of calls of one caller.

use std::time::Duration;

use session_authority::{
    api::{ListRequest, ValidateRequest},
    domain::CallerRole,
};
use tonic::Code;
use tonic_types::StatusExt;

use crate::service::{
    callers::{KeyRing, directory, guarded_with},
    fixture::{error_parts, signed},
};

#[tokio::test]
async fn a_caller_beyond_its_rate_is_refused_with_the_time_to_wait_and_others_are_not() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let (hasty, other) = (ring.add("hasty", CallerRole::Backend, &[]), ring.add("other", CallerRole::Backend, &[]));
    let settings = [("SERVER__CALLER_RATE__READS", "2"), ("SERVER__CALLER_RATE__BURST", "1m")];
    let service = guarded_with(directory, &settings).await;
    let list = async |key: &str| {
        let request = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
        service.sessions().list(signed(key, request)).await.map(drop)
    };
    let mut allowed = 0;
    let refused = loop {
        match list(&hasty).await {
            Ok(()) => allowed += 1,
            Err(status) => break status,
        }
    };
    // Two a second for a minute, and those of the time that the calls took.
    assert!((120..200).contains(&allowed), "{allowed}");
    assert_eq!(error_parts(&refused), (Code::ResourceExhausted, "CALLER_RATE_EXCEEDED".into(), vec![]));
    let delay = refused.get_error_details().retry_info().and_then(|retry| retry.retry_delay).expect("advice");
    assert!(delay <= Duration::from_millis(500), "{delay:?}");
    list(&other).await.expect("another caller has a rate of its own");
    let validate = ValidateRequest { token: "nonsense".to_owned(), ..ValidateRequest::default() };
    service.sessions().validate(signed(&hasty, validate)).await.expect("another kind of work has no limit here");
}
