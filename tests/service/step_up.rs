//! Step-up: a new authentication and a new token in one step.

use std::time::Duration;

use prost_types::{FieldMask, Timestamp};
use session_authority::{
    api::{
        CreateRequest, RejectReason, Rejection, RotateRequest, Session, UpdateRequest, UpdateResponse, ValidateRequest,
        rotate_response,
    },
    clock::Clock,
};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::fixture::{START, TestService, error_parts, id_of, login_of, reason_of};

const GRACE: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_mins(1);

super::on_every_engine![
    a_step_up_changes_rights_and_token_at_once,
    no_older_token_gets_the_new_rights,
    a_lost_step_up_can_be_repeated,
    of_parallel_step_ups_the_last_token_is_valid,
    a_step_up_moves_no_deadline,
    without_rotate_the_token_stays,
];

impl TestService {
    /// Records a stronger authentication now, with a new token.
    async fn step_up(&self, session_id: &str) -> Result<UpdateResponse, Status> {
        let request = step_up_request(session_id, self.now_in_seconds());
        self.sessions().update(request).await.map(tonic::Response::into_inner)
    }

    fn now_in_seconds(&self) -> Timestamp {
        Timestamp { seconds: i64::try_from(self.clock.now().get() / 1000).expect("a time"), nanos: 0 }
    }

    /// Rotates a token that is rejected. Returns the reason.
    async fn rotation_reason(&self, token: &str) -> RejectReason {
        let request = RotateRequest { token: token.to_owned(), ..RotateRequest::default() };
        let outcome = self.sessions().rotate(request).await.expect("a verdict").into_inner().outcome;
        match outcome.expect("an outcome") {
            rotate_response::Outcome::Rejection(rejection) => rejection.reason(),
            rotate_response::Outcome::Session(session) => panic!("rotated: {session:?}"),
        }
    }

    async fn demand_level_two(&self, token: &str) -> Result<Session, Rejection> {
        let demand = ValidateRequest {
            token: token.to_owned(),
            min_assurance_level: 2,
            max_auth_age: Some(prost_types::Duration { seconds: 300, nanos: 0 }),
            ..ValidateRequest::default()
        };
        self.validate_request(demand).await
    }
}

fn step_up_request(session_id: &str, at: Timestamp) -> UpdateRequest {
    UpdateRequest {
        session_id: session_id.to_owned(),
        session: Some(Session { assurance_level: 2, authenticated_at: Some(at), ..Session::default() }),
        update_mask: Some(FieldMask { paths: vec!["assurance_level".into(), "authenticated_at".into()] }),
        rotate: true,
        ..UpdateRequest::default()
    }
}

async fn a_step_up_changes_rights_and_token_at_once(service: TestService) {
    let created = service.login("ann").await;
    service.clock.advance(MINUTE * 10);
    let rejection = service.demand_level_two(&created.token).await.expect_err("too weak and too old");
    assert_eq!(rejection.reason(), RejectReason::StepUpRequired);
    let stepped_up = service.step_up(&id_of(&created)).await.expect("an update");
    assert!(stepped_up.token.starts_with("sa_") && stepped_up.token != created.token);
    let session = service.demand_level_two(&stepped_up.token).await.expect("strong and fresh");
    assert_eq!((session.session_id, session.assurance_level, session.revision), (id_of(&created), 2, 2));
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::TokenRotated, "at once");
}

async fn no_older_token_gets_the_new_rights(service: TestService) {
    let created = service.login("ann").await;
    let stepped_up = service.step_up(&id_of(&created)).await.expect("an update").token;
    for wait in [Duration::ZERO, GRACE, MINUTE] {
        service.clock.advance(wait);
        assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::TokenRotated);
        assert_eq!(service.rotation_reason(&created.token).await, RejectReason::TokenRotated);
    }
    service.validate(&stepped_up).await.expect("an active session");
    assert_eq!(service.rotation_reason(&created.token).await, RejectReason::TokenReused, "a theft");
    assert_eq!(reason_of(&service.validate(&stepped_up).await), RejectReason::TokenReused);
}

async fn a_lost_step_up_can_be_repeated(service: TestService) {
    let created = service.login("ann").await;
    let lost = service.step_up(&id_of(&created)).await.expect("an update").token;
    let repeated = service.step_up(&id_of(&created)).await.expect("an update").token;
    service.validate(&repeated).await.expect("an active session");
    assert_eq!(reason_of(&service.validate(&lost).await), RejectReason::Unknown, "it was never delivered");
    service.validate(&repeated).await.expect("still active");
}

async fn of_parallel_step_ups_the_last_token_is_valid(service: TestService) {
    let created = service.login("ann").await;
    let mut step_ups = JoinSet::new();
    for _ in 0..6 {
        let (mut sessions, now) = (service.sessions(), service.now_in_seconds());
        let request = step_up_request(&id_of(&created), now);
        step_ups.spawn(async move { sessions.update(request).await.expect("an update").into_inner() });
    }
    let mut updates = step_ups.join_all().await;
    updates.sort_by_key(|update| update.session.as_ref().map(|session| session.revision));
    let last = updates.pop().expect("an update");
    for update in updates {
        assert_eq!(reason_of(&service.validate(&update.token).await), RejectReason::Unknown);
    }
    service.validate(&last.token).await.expect("an active session");
}

async fn a_step_up_moves_no_deadline(service: TestService) {
    let created = service.create(CreateRequest { policy: "aal3".to_owned(), ..login_of("ann") }).await;
    let created = created.expect("a session");
    let expires_at = created.session.as_ref().expect("a session").expires_at;
    let mut token = created.token.clone();
    for _ in 0..51 {
        service.clock.advance(MINUTE * 14);
        service.validate(&token).await.expect("an active session");
        let stepped_up = service.step_up(&id_of(&created)).await.expect("an update");
        assert_eq!(stepped_up.session.expect("a session").expires_at, expires_at);
        token = stepped_up.token;
    }
    service.clock.advance(MINUTE * 6);
    assert_eq!(reason_of(&service.validate(&token).await), RejectReason::Expired, "12 hours after the sign-in");
    assert_eq!(service.step_up(&id_of(&created)).await.expect_err("expired").code(), Code::NotFound);
}

async fn without_rotate_the_token_stays(service: TestService) {
    let created = service.login("ann").await;
    let now = service.now_in_seconds();
    let request = UpdateRequest { rotate: false, ..step_up_request(&id_of(&created), now) };
    let updated = service.sessions().update(request).await.expect("an update").into_inner();
    assert_eq!(updated.token, "");
    service.validate(&created.token).await.expect("an active session");
    let future = Timestamp { seconds: i64::try_from(START.get() / 1000).expect("a time") + 60, nanos: 0 };
    let status = service.sessions().update(step_up_request(&id_of(&created), future)).await.expect_err("invalid");
    assert_eq!(error_parts(&status).2, ["session.authenticated_at"]);
    service.validate(&created.token).await.expect("nothing was changed");
}
